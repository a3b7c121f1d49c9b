import Glibc
import JSON
import Platform
import Staging
import TestSupport
import Testing

/// A staged file beside what it should be: the bytes that programs wrote, those of the version that was sealed last, the
/// object that stands in for the bucket, and the parts that were sent.
final class ModelFile {
    private let folder: TemporaryFolder
    private var staging: StagingFolder
    private(set) var file: StagedFile

    private(set) var bytes: [UInt8]
    private(set) var sealed: [UInt8]?
    /// A version that was sealed before, and that this one has replaced.
    private var earlier: [UInt8]?
    private(set) var object: [UInt8]
    /// By number, what the store has got.
    private(set) var sent: [Int: [UInt8]] = [:]
    private var uploads = 0

    init(object: [UInt8]) throws {
        folder = try TemporaryFolder()
        self.object = object
        bytes = object
        staging = try Self.open(folder)
        file = try staging.make(
            StagedImage(ofObjectWithSize: object.count), base: "base", name: ["key": "a"], description: nil,
            isTorn: false)
    }

    private static func open(_ folder: TemporaryFolder) throws -> StagingFolder {
        let descriptor = SharedDescriptor(try .open(RawPath(folder.path), FileFlags.folder))
        guard let staging = try StagingFolder(descriptor) else { throw SystemError(code: EBUSY) }
        return staging
    }

    // MARK: What happens to it

    /// What has left the disk stays as it is.
    private func isRefused(_ body: () throws -> Void) throws -> Bool {
        do {
            try body()
            return false
        } catch let error as SystemError where error.code == ENOSPC {
            return true
        }
    }

    func write(_ new: [UInt8], at offset: Int) throws {
        let isLost = file.state.image.sent.overlaps(offset..<offset + new.count)
        let isRefused = try isRefused { _ = try new.withUnsafeBytes { try file.write($0, at: offset) } }
        guard isRefused == isLost else { throw SystemError(code: EPROTO) }
        if isRefused { return }
        if offset + new.count > bytes.count, !new.isEmpty {
            bytes += [UInt8](repeating: 0, count: offset + new.count - bytes.count)
        }
        bytes.replaceSubrange(offset..<offset + new.count, with: new)
    }

    func clear(_ range: Range<Int>) throws {
        guard try !isRefused({ try file.clear(range) }) else { return }
        for place in range.clamped(to: 0..<bytes.count) { bytes[place] = 0 }
    }

    func resize(to size: Int) throws {
        guard try !isRefused({ try file.resize(to: size) }) else { return }
        bytes = Array(bytes.prefix(size)) + [UInt8](repeating: 0, count: max(0, size - bytes.count))
    }

    func letGo() throws { _ = try file.letGoOfParts() }

    /// The upload cannot be given up any more.
    var needsUpload: Bool {
        let state = file.state
        return !state.image.sent.isEmpty || state.sealed.map { !$0.image.sent.isEmpty } ?? false
    }

    func seal() throws {
        earlier = sealed
        sealed = bytes
        try file.seal()
    }

    func settle() throws {
        guard let sealed else { return }
        object = sealed
        self.sealed = nil
        earlier = nil
        sent = [:]
        try file.settle(file.state.seals, as: "object")
    }

    func beginUpload() throws {
        sent = [:]
        uploads += 1
        try file.beginUpload("upload")
    }

    /// The version that was sealed before this one comes into the bucket only now.
    func settleLate() throws {
        guard sealed != nil, let earlier else { return }
        object = earlier
        self.earlier = nil
        sent = [:]
        try file.settle(file.state.seals - 1, as: "late")
    }

    /// Sends a range as a part, and has something happen while it is on its way.
    func send(_ number: Int, _ range: Range<Int>, inMemory: Bool, meanwhile: () throws -> Void) throws {
        if file.state.upload == nil { try beginUpload() }
        let uploads = self.uploads
        // A part that is the only one to have its bytes is not sent again, nor what is of such bytes.
        let state = file.state
        let only = (state.sealed?.image ?? state.image).sent
        let known = [state.upload?.parts[number], state.sealed?.parts[number]].compactMap { $0?.range }
        guard !only.overlaps(range), !known.contains(where: { only.overlaps($0) || state.image.sent.overlaps($0) })
        else { return }
        let sending = try file.beginSending(range, asPart: number)
        var content = [UInt8](repeating: 0xEE, count: range.count)
        if inMemory {
            let isFilled = try content.withUnsafeMutableBytes { try file.fill($0, with: sending) }
            guard isFilled else { return _ = try file.endSending(sending, as: nil) }
            for place in sending.ofBase { content.replaceSubrange(Self.move(place, by: range), with: object[place]) }
            try meanwhile()
        } else {
            guard sending.isInFile else { return _ = try file.endSending(sending, as: nil) }
            try meanwhile()
            content = try read(range)
        }
        // The store takes what comes, also when nobody wants it any more; what is of an earlier upload is gone with that.
        if uploads == self.uploads { sent[number] = content }
        try file.endSending(sending, as: StagedPart(number: number, range: range, "tag"))
    }

    /// A session that died, and the next.
    func reopen() throws -> Bool {
        let before = file.state
        let id = file.id
        // The descriptor that holds the lock has to go first.
        let nobody = try TemporaryFolder()
        staging = try Self.open(nobody)
        staging = try Self.open(folder)
        let left = try staging.left()
        guard left.files.count == 1, left.damaged.isEmpty, left.files[0].id == id else { return false }
        file = left.files[0]
        return file.state == before
    }

    // MARK: What it is

    /// The file as programs read it.
    func content() throws -> [UInt8] {
        let image = file.state.image
        var content: [UInt8] = []
        for piece in image.pieces(in: 0..<image.size) {
            switch piece.origin {
            case .here: content += try read(piece.range)
            case .base: content += object[piece.range]
            case .zeros: content += [UInt8](repeating: 0, count: piece.range.count)
            case .sent:
                for place in piece.range { content.append(try #require(partByte(at: place))) }
            }
        }
        return content
    }

    /// Of the parts that count now.
    private func partByte(at place: Int) -> UInt8? {
        let state = file.state
        let parts = [state.upload?.parts, state.sealed?.parts].compactMap { $0 }.flatMap(\.values)
        guard let part = parts.first(where: { $0.range.contains(place) }), let bytes = sent[part.number] else {
            return nil
        }
        return bytes[place - part.range.lowerBound]
    }

    /// The sealed version as it would be uploaded at once.
    func sealedContent() throws -> [UInt8]? {
        guard let version = file.state.sealed else { return nil }
        guard version.image.sent.isEmpty else {
            return try sealedPieces(version)
        }
        let sending = try file.beginSending(0..<version.image.size, asPart: 1000)
        var content = [UInt8](repeating: 0xEE, count: version.image.size)
        let isFilled = try content.withUnsafeMutableBytes { try file.fill($0, with: sending) }
        try file.endSending(sending, as: nil)
        guard isFilled else { return nil }
        for place in sending.ofBase { content.replaceSubrange(place, with: object[place]) }
        return content
    }

    /// Piece by piece, since what has left the disk is only in parts.
    private func sealedPieces(_ version: SealedVersion) throws -> [UInt8] {
        var content: [UInt8] = []
        for piece in version.pieces(in: 0..<version.image.size) {
            if piece.origin == .sent {
                for place in piece.range { content.append(try #require(partByte(at: place))) }
                continue
            }
            let sending = try file.beginSending(piece.range, asPart: 1000)
            var bytes = [UInt8](repeating: 0xEE, count: piece.range.count)
            let isFilled = try bytes.withUnsafeMutableBytes { try file.fill($0, with: sending) }
            try file.endSending(sending, as: nil)
            try #require(isFilled)
            for place in sending.ofBase {
                bytes.replaceSubrange(Self.move(place, by: piece.range), with: object[place])
            }
            content += bytes
        }
        return content
    }

    private func read(_ range: Range<Int>) throws -> [UInt8] {
        var content = [UInt8](repeating: 0, count: range.count)
        _ = try content.withUnsafeMutableBytes { try file.data.file.read(into: $0, at: range.lowerBound) }
        return content
    }

    private static func move(_ place: Range<Int>, by range: Range<Int>) -> Range<Int> {
        place.lowerBound - range.lowerBound..<place.upperBound - range.lowerBound
    }
}
