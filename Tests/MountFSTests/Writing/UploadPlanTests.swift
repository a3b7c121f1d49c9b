import ObjectStore
import Staging
import TestSupport
import Testing

@testable import MountFS

@Suite struct UploadPlanTests {
    private let mib = 1 << 20
    private var s3: StoreCapabilities {
        var can = StoreCapabilities()
        can.partCopy = .ranges
        can.minimumPartSize = 5 << 20
        can.maximumPartSize = 5 << 30
        can.maximumParts = 10_000
        can.maximumPut = 5 << 30
        return can
    }

    private func plan(_ image: StagedImage, _ can: StoreCapabilities) -> UploadPlan {
        UploadPlan(image, can, PartLayout(can))
    }

    private func parts(_ plan: UploadPlan) -> [PlannedPart] {
        guard case .parts(let parts) = plan else { return [] }
        return parts
    }

    @Test func smallFilesGoAtOnce() {
        #expect(plan(StagedImage(), s3) == .whole)
        var image = StagedImage()
        image.write(0..<8 * mib)
        #expect(plan(image, s3) == .whole)
        image.write(8 * mib..<8 * mib + 1)
        #expect(parts(plan(image, s3)).map(\.range) == [0..<8 * mib, 8 * mib..<8 * mib + 1])
    }

    /// One part of the least size is fetched and sent, and a terabyte is copied.
    @Test func aSmallChangeMovesLittle() {
        var image = StagedImage(ofObjectWithSize: 1 << 40)
        image.write(700 * mib..<700 * mib + 4096)
        let parts = parts(plan(image, s3))
        let sent = parts.filter { !$0.isCopied }
        #expect(sent.map(\.range) == [700 * mib..<705 * mib])
        #expect(parts.count < 10_000)
    }

    @Test func whatIsAppendedIsSent() {
        var image = StagedImage(ofObjectWithSize: 1 << 30)
        image.write(1 << 30..<1 << 30 + mib)
        let parts = parts(plan(image, s3))
        #expect(parts.filter { !$0.isCopied }.map(\.range) == [1 << 30..<1 << 30 + mib])
        #expect(parts.count == 9)
    }

    /// No part is larger than the store takes, however large users want them.
    @Test func partsOfAUsersSize() {
        var settings = UploadSettings()
        settings.partSize = 5 << 30
        var image = StagedImage(ofObjectWithSize: 1 << 40)
        image.write(1 << 40..<(1 << 40) + (9 << 30))
        guard case .parts(let parts) = UploadPlan(image, s3, PartLayout(s3, settings)) else {
            return #expect(Bool(false), "in one piece")
        }
        #expect(parts.allSatisfy { $0.range.count <= s3.maximumPartSize })
    }

    /// What was sent early is what is wanted in the end.
    @Test func aNewFileHasThePartsOfItsLayout() {
        var image = StagedImage()
        image.write(0..<100 * mib)
        #expect(parts(plan(image, s3)) == PartLayout(s3).parts(of: 100 * mib))
        #expect(PartLayout(s3).range(of: 1000).upperBound == PartLayout(s3).range(of: 1001).lowerBound)
        #expect(PartLayout(s3).range(of: 1001).count == 16 * mib)
        // Beyond what any store takes.
        #expect(PartLayout(s3).range(of: 10_000).upperBound > 5 << 40)
    }

    /// Of a store that copies whole objects only: what is written behind one is sent, and nothing else.
    @Test func whatIsAppendedToAWholeObject() {
        var can = s3
        can.partCopy = .objects
        can.minimumPartSize = 1
        func parts(_ image: StagedImage, base: Int?) -> [PlannedPart] {
            self.parts(UploadPlan(image, can, PartLayout(can), base: base))
        }
        let size = 1024 * mib
        var image = StagedImage(ofObjectWithSize: size)
        image.write(size..<size + 1 * mib)
        #expect(
            parts(image, base: size) == [
                PlannedPart(number: 1, range: 0..<size, isCopied: true),
                PlannedPart(number: 2, range: size..<size + 1 * mib, isCopied: false),
            ])
        let all = PartLayout(can).parts(of: size + 1 * mib)
        #expect(parts(image, base: nil) == all)
        // It has been longer.
        #expect(parts(image, base: size + 1) == all)
        image.write(5..<6)
        #expect(parts(image, base: size) == all)
        // What is left of it is not all of it.
        image = StagedImage(ofObjectWithSize: size)
        image.resize(to: size - 1)
        image.write(size - 1..<size + 9)
        #expect(parts(image, base: size) == PartLayout(can).parts(of: size + 9))
        // A gap has nothing but zeros.
        image = StagedImage(ofObjectWithSize: size)
        image.write(size + 20 * mib..<size + 20 * mib + 1)
        #expect(parts(image, base: size).map(\.isCopied) == [true, false, false])
    }

    @Test func equalPartsStayEqual() {
        var can = s3
        can.hasEqualParts = true
        var image = StagedImage(ofObjectWithSize: 1000 * mib)
        image.write(100 * mib..<101 * mib)
        let parts = parts(plan(image, can))
        #expect(Set(parts.dropLast().map(\.range.count)).count == 1)
        #expect(parts.filter { !$0.isCopied }.map(\.number) == [2])
    }

    /// Whatever was done to a file: the parts are all of it, in order, none too small or too large, and only what is as it
    /// was is copied.
    @Test(arguments: 0..<500) func keepsTheRules(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        var can = s3
        can.hasEqualParts = seed % 5 == 0
        can.partCopy = seed % 7 == 0 ? .none : .ranges
        let size = Int.random(in: 0...(400 * mib), using: &generator)
        var image = StagedImage(ofObjectWithSize: size)
        for _ in 0..<Int.random(in: 0..<12, using: &generator) {
            let at = Int.random(in: 0...max(1, image.size), using: &generator)
            let count = Int.random(in: 1...(1 << Int.random(in: 1...26, using: &generator)), using: &generator)
            if Int.random(in: 0..<6, using: &generator) == 0 {
                image.resize(to: at)
            } else {
                image.write(at..<at + count)
            }
        }
        let plan = plan(image, can)
        guard case .parts(let parts) = plan else { return #expect(image.size <= PartLayout(can).wholeUpTo) }
        #expect(parts.map(\.number) == Array(1...parts.count))
        #expect(parts.first?.range.lowerBound == 0 && parts.last?.range.upperBound == image.size)
        for (part, next) in zip(parts, parts.dropFirst()) { #expect(part.range.upperBound == next.range.lowerBound) }
        for part in parts.dropLast() { #expect(part.range.count >= can.minimumPartSize) }
        for part in parts {
            #expect(part.range.count <= (part.isCopied ? can.maximumPartSize : 64 << 20))
            let isAsItWas = image.pieces(in: part.range).allSatisfy { $0.origin == .base }
            if part.isCopied { #expect(isAsItWas && can.partCopy == .ranges) }
        }
        // Everything that could be copied is, but for the neighbourhood of changes.
        guard can.partCopy == .ranges, !can.hasEqualParts else { return }
        let copied = parts.filter(\.isCopied).reduce(0) { $0 + $1.range.count }
        let pieces = image.pieces(in: 0..<image.size).filter { $0.origin == .base }
        let copyable = pieces.reduce(0) { $0 + max(0, $1.range.count - 2 * can.minimumPartSize) }
        #expect(copied >= copyable)
    }
}
