import ObjectStore
import Staging

/// How a version of a file becomes an object.
enum UploadPlan: Sendable, Equatable {
    /// All of it at once.
    case whole
    case parts([PlannedPart])

    /// What is still as it was in a large object is copied by the store, and only the rest is sent. `base` is that object's size, where
    /// it is known.
    init(_ image: StagedImage, _ can: StoreCapabilities, _ layout: PartLayout, base: Int? = nil) {
        // Of what has left the disk only the parts are there, in the store.
        guard image.size > layout.wholeUpTo || !image.sent.isEmpty else {
            self = .whole
            return
        }
        if can.hasEqualParts {
            self = .parts(Self.marking(layout.parts(of: image.size), image, can))
        } else if let parts = Self.around(image, can, layout, base: base) {
            self = .parts(parts)
        } else {
            self = .parts(layout.parts(of: image.size))
        }
    }

    /// Parts whose places are given.
    private static func marking(_ parts: [PlannedPart], _ image: StagedImage, _ can: StoreCapabilities) -> [PlannedPart]
    {
        guard can.partCopy == .ranges else { return parts }
        return parts.map { part in
            var part = part
            part.isCopied = image.pieces(in: part.range).allSatisfy { $0.origin == .base }
            return part
        }
    }

    // MARK: Around what was changed

    private struct Stretch {
        var range: Range<Int>
        var isCopied: Bool
    }

    /// The store copies so many times as much at once as is sent; several at a time.
    private static let copied = 16

    /// Nothing when there is nothing to copy.
    private static func around(
        _ image: StagedImage, _ can: StoreCapabilities, _ layout: PartLayout, base: Int?
    ) -> [PlannedPart]? {
        let stretches: [Stretch]
        switch can.partCopy {
        case .none: return nil
        case .objects: stretches = behindTheWhole(base, image)
        case .ranges: stretches = enlarged(self.stretches(image), can.minimumPartSize)
        }
        guard stretches.contains(where: \.isCopied) else { return nil }
        var size = (sent: layout.smallest, copied: layout.smallest * copied)
        while true {
            let copied = can.partCopy == .objects ? .max : min(size.copied, can.maximumPartSize)
            let parts = divided(stretches, sent: size.sent, copied: copied, most: can.maximumPartSize)
            // What cannot be divided into few enough is for the store to refuse.
            if parts.count <= can.maximumParts || size.sent > image.size { return parts }
            size = (size.sent * 2, size.copied * 2)
        }
    }

    /// All of the object, where nothing but what comes behind it is new.
    private static func behindTheWhole(_ base: Int?, _ image: StagedImage) -> [Stretch] {
        guard let base, base > 0, image.baseEnd == base, image.size > base, image.here.within(0..<base).isEmpty else {
            return []
        }
        return [Stretch(range: 0..<base, isCopied: true), Stretch(range: base..<image.size, isCopied: false)]
    }

    private static func stretches(_ image: StagedImage) -> [Stretch] {
        var stretches: [Stretch] = []
        for piece in image.pieces(in: 0..<image.size) { append(piece.range, piece.origin == .base, to: &stretches) }
        return stretches
    }

    private static func append(_ range: Range<Int>, _ isCopied: Bool, to stretches: inout [Stretch]) {
        if let last = stretches.last, last.isCopied == isCopied {
            stretches[stretches.count - 1].range = last.range.lowerBound..<range.upperBound
        } else {
            stretches.append(Stretch(range: range, isCopied: isCopied))
        }
    }

    /// No part but the last may be smaller than the store allows: what is too small to be copied is sent, and what is too
    /// small to be sent takes from what would be copied behind it.
    private static func enlarged(_ stretches: [Stretch], _ least: Int) -> [Stretch] {
        var done: [Stretch] = []
        var rest = stretches[...]
        while var next = rest.popFirst() {
            if !next.isCopied || (next.range.count < least && !rest.isEmpty) {
                append(next.range, false, to: &done)
                continue
            }
            if let last = done.last, !last.isCopied, last.range.count < least {
                let missing = min(least - last.range.count, next.range.count)
                append(next.range.prefix(missing), false, to: &done)
                next.range = next.range.dropFirst(missing)
                guard !next.range.isEmpty, next.range.count >= least || rest.isEmpty else {
                    append(next.range, false, to: &done)
                    continue
                }
            }
            append(next.range, true, to: &done)
        }
        return done
    }

    private static func divided(_ stretches: [Stretch], sent: Int, copied: Int, most: Int) -> [PlannedPart] {
        var parts: [PlannedPart] = []
        for stretch in stretches {
            let count =
                stretch.isCopied
                ? (stretch.range.count - 1) / copied + 1
                : max(stretch.range.count / sent, (stretch.range.count - 1) / most + 1)
            for index in 0..<count {
                let (from, to) = (stretch.range.count * index / count, stretch.range.count * (index + 1) / count)
                let start = stretch.range.lowerBound
                parts.append(
                    PlannedPart(number: parts.count + 1, range: start + from..<start + to, isCopied: stretch.isCopied))
            }
        }
        return parts
    }
}
