import Foundation
import Platform
import TestSupport
import Testing

@testable import Cache

/// Random operations compared with a model of what was kept: nothing else may be there, and where nothing was damaged or
/// removed nothing less. A seed that fails is printed and can be run again: PROVISION_TEST_SEED=NUMBER.
@Suite struct RandomCacheTests {
    @Test(arguments: 0..<8)
    func isWhatWasKept(share: Int) async throws {
        let only = getenv("PROVISION_TEST_SEED").flatMap { UInt64(String(cString: $0)) }
        guard only == nil || share == 0 else { return }
        let count = getenv("PROVISION_TEST_SEEDS").flatMap { Int(String(cString: $0)) } ?? 40
        for seed in only.map({ [$0] }) ?? (0..<count).map({ UInt64($0 * 8 + share) }) {
            do {
                var run = try Run(seed: seed)
                for _ in 0..<60 { try await run.step() }
            } catch {
                Issue.record("seed \(seed): \(error)")
            }
        }
    }

    private struct Run {
        private var random: SeededGenerator
        private let sandbox: CacheSandbox
        private let objects: [CacheSandbox.Object]
        /// The blocks that are there; nothing once some may have gone.
        private var kept: [Set<Int>?]

        init(seed: UInt64) throws {
            random = SeededGenerator(seed: seed)
            sandbox = try CacheSandbox(CacheLimits(size: 1 << 30))
            objects = [1, 4096, 10_000, 65_536, 300_001, 1_000_000].enumerated().map {
                CacheSandbox.Object("object \($0)", $1, seed: UInt64($0))
            }
            kept = objects.map { _ in [] }
        }

        mutating func step() async throws {
            let index = Int.random(in: objects.indices, using: &random)
            let object = objects[index]
            switch Int.random(in: 0..<100, using: &random) {
            case ..<45:
                let range = anyRange(object)
                sandbox.keep(object, range)
                if Bool.random(using: &random) { await sandbox.cache.flush() }
                kept[index]?.formUnion(Block.whole(in: range, of: object.version.size))
            case ..<85:
                await sandbox.cache.flush()
                try read(index, anyRange(object))
            case ..<90: try await sandbox.reopen(CacheLimits(size: 1 << 30))
            case ..<92: sandbox.cache.rest()
            case ..<96:
                await sandbox.cache.flush()
                try damage(EntryName.File.allCases.randomElement(using: &random)!, index)
            case ..<98:
                await sandbox.cache.flush()
                unlink(sandbox.file(object, EntryName.File.allCases.randomElement(using: &random)!))
                kept[index] = nil
            default:
                await sandbox.cache.flush()
                Files.removeTree(sandbox.path)
                kept = objects.map { _ in nil }
            }
        }

        /// What there is now is known again after everything was read: whatever is not there is kept anew.
        private mutating func read(_ index: Int, _ range: Range<Int>) throws {
            let object = objects[index]
            let count = try sandbox.read(object, range)
            guard let known = kept[index] else { return }
            let blocks = Block.touched(by: range)
            let present = blocks.prefix { known.contains($0) }
            let expected =
                present.isEmpty
                ? 0
                : min(Block.bytes(of: present, in: object.version.size).upperBound, range.upperBound) - range.lowerBound
            guard count == expected else {
                throw CacheSandbox.Wrong(description: "\(count) bytes of \(range) of object \(index), not \(expected)")
            }
        }

        private mutating func damage(_ kind: EntryName.File, _ index: Int) throws {
            guard let file = try? OwnedDescriptor.open(RawPath(sandbox.file(objects[index], kind)), FileFlags.change)
            else {
                return
            }
            let size = try file.entry().size
            guard size > 0 else { return }
            let offset = Int.random(in: 0..<size, using: &random)
            if Bool.random(using: &random) {
                try file.resize(to: offset)
            } else {
                try file.write([UInt8.random(in: 0...255, using: &random)], at: offset)
            }
            kept[index] = nil
        }

        private mutating func anyRange(_ object: CacheSandbox.Object) -> Range<Int> {
            let size = object.version.size
            let start = Bool.random(using: &random) ? 0 : Int.random(in: 0..<size, using: &random)
            let end = Bool.random(using: &random) ? size : Int.random(in: start + 1...size, using: &random)
            return start..<end
        }
    }
}
