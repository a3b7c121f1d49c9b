import Checksums
import ObjectStore
import Platform
import Testing

extension Conformance {
    /// Parts as small as the store takes them, the last one smaller.
    private static func bodies(_ store: any ObjectStore) -> [[UInt8]] {
        let size = max(store.capabilities.minimumPartSize, 1000)
        return [
            .init(repeating: 1, count: size), .init(repeating: 2, count: size + 1), .init(repeating: 3, count: 7),
        ]
    }

    private static func holds(_ store: any ObjectStore, _ key: ObjectKey, _ bytes: [UInt8]) async throws -> Bool {
        try await store.read(key, .whole, of: nil, into: .bytes(limit: 1 << 26)).bytes == bytes
    }

    static let parts: [Check] = [
        Check("parts come in any order, and nothing is seen before the end") { store in
            let bodies = bodies(store)
            let upload = try await store.beginUpload("a/b", UploadOptions())
            var parts: [UploadedPart] = []
            for number in [3, 1, 2] {
                let body = ByteSource.bytes(bodies[number - 1])
                parts.append(try await store.uploadPart(number, of: upload, body, checksum: nil))
            }
            #expect(try await store.listAll() == Listing(pages: 1))
            await expectFailure(.notFound) { () throws(StoreError) in try await store.stat("a/b") }
            parts.sort { $0.number < $1.number }
            #expect(parts.map(\.size) == bodies.map(\.count))
            let result = try await store.complete(upload, parts, if: .always)
            #expect(try await holds(store, "a/b", bodies.flatMap { $0 }))
            #expect(try await store.stat("a/b").version == result.version)
            #expect(try await store.listAll().keys == ["a/b"])
        },
        Check("an object that was made of parts is known again, where it can be") { store in
            let bodies = bodies(store)
            let algorithm = store.capabilities.checksums.first { $0.isCombinable }
            let upload = try await store.beginUpload("a", UploadOptions(checksum: algorithm))
            var parts: [UploadedPart] = []
            for (index, body) in bodies.enumerated() {
                parts.append(
                    try await store.uploadPart(
                        index + 1, of: upload, .bytes(body), checksum: algorithm.map { .computed($0) }))
            }
            guard let mark = store.mark(of: parts) else { return }
            let made = try await store.complete(upload, parts, if: .always)
            let found = try await store.stat("a")
            #expect(found.version == made.version)
            #expect(try await store.hasMark(mark, found))
            _ = try await store.put("a", .bytes(bodies.flatMap { $0 }.reversed()), PutOptions())
            let other = try await store.stat("a")
            #expect(try await store.hasMark(mark, other) == false)
        },
        Check("a part that comes again replaces itself; numbers may have gaps") { store in
            let bodies = bodies(store)
            let upload = try await store.beginUpload("a", UploadOptions())
            let stale = try await store.uploadPart(2, of: upload, .bytes(bodies[0]), checksum: nil)
            let part = try await store.uploadPart(2, of: upload, .bytes(bodies[1]), checksum: nil)
            let last = try await store.uploadPart(9, of: upload, .bytes(bodies[2]), checksum: nil)
            await expectFailure(.invalid) { () throws(StoreError) in
                try await store.complete(upload, [stale, last], if: .always)
            }
            _ = try await store.complete(upload, [part, last], if: .always)
            #expect(try await holds(store, "a", bodies[1] + bodies[2]))
        },
        Check("parts that were never stored, or are out of order, are refused") { store in
            let upload = try await store.beginUpload("a", UploadOptions())
            let part = try await store.uploadPart(1, of: upload, .bytes([1]), checksum: nil)
            var other = part
            other.number = 2
            for parts in [[], [part, part], [other, part], [part, other]] {
                await expectFailure(.invalid) { () throws(StoreError) in
                    try await store.complete(upload, parts, if: .always)
                }
            }
            #expect(try await store.textIfAny("a") == nil)
        },
        Check("an aborted upload is gone, and may be aborted again") { store in
            let upload = try await store.beginUpload("a", UploadOptions())
            let part = try await store.uploadPart(1, of: upload, .bytes([1]), checksum: nil)
            try await store.abort(upload)
            try await store.abort(upload)
            await expectFailure(.notFound) { () throws(StoreError) in
                try await store.complete(upload, [part], if: .always)
            }
            await expectFailure(.notFound) { () throws(StoreError) in
                try await store.uploadPart(1, of: upload, .bytes([1]), checksum: nil)
            }
            #expect(try await store.listAll().keys.isEmpty)
        },
        Check("two uploads of one key do not meet") { store in
            let first = try await store.beginUpload("a", UploadOptions())
            let second = try await store.beginUpload("a", UploadOptions())
            let one = try await store.uploadPart(1, of: first, .bytes([1]), checksum: nil)
            let two = try await store.uploadPart(1, of: second, .bytes([2]), checksum: nil)
            _ = try await store.complete(first, [one], if: .always)
            #expect(try await holds(store, "a", [1]))
            _ = try await store.complete(second, [two], if: .always)
            #expect(try await holds(store, "a", [2]))
        },
        Check("the end of an upload has conditions") { store in
            let version = try await store.put("a", "old")
            let upload = try await store.beginUpload("a", UploadOptions())
            let part = try await store.uploadPart(1, of: upload, .bytes([1]), checksum: nil)
            guard store.capabilities.conditionalComplete else {
                return await expectFailure(.unsupported) { () throws(StoreError) in
                    try await store.complete(upload, [part], if: .ifAbsent)
                }
            }
            await expectFailure(.conditionFailed) { () throws(StoreError) in
                try await store.complete(upload, [part], if: .ifAbsent)
            }
            #expect(try await store.text("a") == "old")
            // The parts are still there.
            _ = try await store.complete(upload, [part], if: .ifVersion(version))
            #expect(try await holds(store, "a", [1]))
        },
        Check("parts are copied from what is there") { store in
            guard store.capabilities.partCopy == .ranges else { return }
            let bodies = bodies(store)
            let source = try await store.put("source", .bytes(bodies[0] + bodies[1]), PutOptions()).version
            let upload = try await store.beginUpload("a", UploadOptions())
            let range = 1..<1 + bodies[0].count
            let copied = try await store.copyPart(1, of: upload, from: CopySource("source", source), range)
            let last = try await store.uploadPart(2, of: upload, .bytes(bodies[2]), checksum: nil)
            #expect(copied.size == range.count)
            await expectFailure(.changed) { () throws(StoreError) in
                try await store.copyPart(3, of: upload, from: CopySource("source", ObjectVersion("none")), range)
            }
            await expectFailure(.notFound) { () throws(StoreError) in
                try await store.copyPart(3, of: upload, from: CopySource("none"), range)
            }
            _ = try await store.complete(upload, [copied, last], if: .always)
            #expect(try await holds(store, "a", Array((bodies[0] + bodies[1])[range]) + bodies[2]))
        },
        Check("a part is all of what is there") { store in
            guard store.capabilities.partCopy != .none else { return }
            let bodies = bodies(store)
            let source = try await store.put("a", .bytes(bodies[0]), PutOptions()).version
            let upload = try await store.beginUpload("a", UploadOptions())
            let whole = CopySource("a", source)
            let copied = try await store.copyPart(1, of: upload, from: whole, 0..<bodies[0].count)
            let last = try await store.uploadPart(2, of: upload, .bytes(bodies[1]), checksum: nil)
            await expectFailure(.changed) { () throws(StoreError) in
                try await store.copyPart(
                    3, of: upload, from: CopySource("a", ObjectVersion("none")), 0..<bodies[0].count)
            }
            _ = try await store.complete(upload, [copied, last], if: .always)
            #expect(try await holds(store, "a", bodies[0] + bodies[1]))
        },
    ]
}
