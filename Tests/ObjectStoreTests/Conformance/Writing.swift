import Checksums
import Foundation
import ObjectStore
import Platform
import TestSupport
import Testing

extension Conformance {
    static let writing: [Check] = [
        Check("a put replaces the whole object") { store in
            try await store.put("a", "a long content")
            try await store.put("a", "short")
            #expect(try await store.text("a") == "short")
            #expect(try await store.listAll().keys == ["a"])
        },
        Check("a body can be a range of a file") { store in
            let folder = try TemporaryFolder()
            try folder.write("0123456789", to: "in")
            let file = try SharedDescriptor(.open(RawPath(folder.path("in")), O_RDONLY))
            let result = try await store.put("a", .file(file, 3..<7), PutOptions())
            #expect(try await store.text("a", of: result.version) == "3456")
        },
        Check("a file that is shorter than its body leaves nothing behind") { store in
            let folder = try TemporaryFolder()
            try folder.write("0123456789", to: "in")
            let file = try SharedDescriptor(.open(RawPath(folder.path("in")), O_RDONLY))
            await expectFailure(.inputOutput) { () throws(StoreError) in
                try await store.put("a", .file(file, 5..<11), PutOptions())
            }
            #expect(try await store.listAll().keys.isEmpty)
        },
        Check("several megabytes") { store in
            let bytes = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            try await _ = store.put("a", .bytes(bytes), PutOptions())
            let read = try await store.read("a", .whole, of: nil, into: .bytes(limit: bytes.count)).bytes == bytes
            #expect(read)
        },
        Check("content type and user metadata are kept, or refused") { store in
            let metadata = ObjectMetadata(contentType: "text/x-test", user: ["mtime": "1.5", "owner": "é=1"])
            guard store.capabilities.keepsMetadata else {
                return await expectFailure(.unsupported) { () throws(StoreError) in
                    try await store.put("a", .bytes([]), PutOptions(metadata: metadata))
                }
            }
            _ = try await store.put("a", .bytes([1]), PutOptions(metadata: metadata))
            #expect(try await store.stat("a").metadata == metadata)
        },
        Check("checksums that a store cannot verify are refused") { store in
            for algorithm in Checksum.Algorithm.allCases where !store.capabilities.checksums.contains(algorithm) {
                await expectFailure(.unsupported) { () throws(StoreError) in
                    let checksum = BodyChecksum.known(Checksum(algorithm, [0, 0, 0, 0]))
                    return try await store.put("a", .bytes([]), PutOptions(checksum: checksum))
                }
            }
            let text = try await store.textIfAny("a")
            #expect(text == nil)
        },
        Check("checksums that a store verifies keep what is corrupt away") { store in
            let body = Array("content".utf8)
            for algorithm in Checksum.Algorithm.allCases where store.capabilities.checksums.contains(algorithm) {
                let key = ObjectKey(algorithm.rawValue)
                let right = try Checksum(algorithm, of: body)
                _ = try await store.put(key, .bytes(body), PutOptions(checksum: .known(right)))
                _ = try await store.put(key, .bytes(body), PutOptions(checksum: .computed(algorithm)))
                #expect(try await store.text(key) == "content")
                var wrong = right
                wrong.bytes[0] ^= 1
                await expectFailure(.inputOutput) { () throws(StoreError) in
                    try await store.put("wrong", .bytes(body), PutOptions(checksum: .known(wrong)))
                }
                let upload = try await store.beginUpload(key, UploadOptions(checksum: algorithm))
                await expectFailure(.inputOutput) { () throws(StoreError) in
                    try await store.uploadPart(1, of: upload, .bytes(body), checksum: .known(wrong))
                }
                let part = try await store.uploadPart(1, of: upload, .bytes(body), checksum: .computed(algorithm))
                #expect(part.checksum == right)
                let result = try await store.complete(upload, [part], if: .always)
                #expect(try await store.text(key, of: result.version) == "content")
            }
            let text = try await store.textIfAny("wrong")
            #expect(text == nil)
        },
        Check("many writers of one key: one of them wins whole") { store in
            await withTaskGroup(of: Void.self) { group in
                for digit in 0..<10 {
                    group.addTask {
                        _ = try? await store.put("a", String(repeating: "\(digit)", count: 100_000))
                    }
                }
            }
            let text = try await store.text("a")
            #expect(text.count == 100_000 && Set(text).count == 1)
        },
    ]

    static let conditions: [Check] = [
        Check("put if absent") { store in
            guard store.capabilities.conditionalPut else {
                return await expectFailure(.unsupported) { () throws(StoreError) in
                    try await store.put("a", "1", if: .ifAbsent)
                }
            }
            try await store.put("a", "1", if: .ifAbsent)
            await expectFailure(.conditionFailed) { () throws(StoreError) in
                try await store.put("a", "2", if: .ifAbsent)
            }
            #expect(try await store.text("a") == "1")
        },
        Check("put if the version matches") { store in
            guard store.capabilities.conditionalPut else { return }
            let first = try await store.put("a", "1")
            let second = try await store.put("a", "2", if: .ifVersion(first))
            for stale in [first, ObjectVersion("none")] {
                await expectFailure(.conditionFailed) { () throws(StoreError) in
                    try await store.put("a", "3", if: .ifVersion(stale))
                }
            }
            await expectFailure(.conditionFailed) { () throws(StoreError) in
                try await store.put("other", "3", if: .ifVersion(second))
            }
            #expect(try await store.text("a") == "2")
            #expect(try await store.listAll().keys == ["a"])
        },
        Check("of many that put if absent one succeeds") { store in
            guard store.capabilities.conditionalPut else { return }
            let successes = await count(10) { number in
                try await store.put("a", "\(number)", if: .ifAbsent)
            }
            #expect(successes == 1)
        },
        Check("of many that replace a version one succeeds") { store in
            guard store.capabilities.conditionalPut else { return }
            // Servers take their time over it.
            for round in 0..<(store.localFolder == nil ? 4 : 40) {
                // The same content may be the same version.
                let version = try await store.put("a", "\(round)")
                let successes = await count(10) { number in
                    try await store.put("a", "\(number) of \(round)", if: .ifVersion(version))
                }
                #expect(successes == 1)
            }
        },
    ]

    /// How many of so many attempts at the same time succeed.
    static func count(
        _ attempts: Int, _ attempt: @escaping @Sendable (Int) async throws -> some Sendable
    ) async -> Int {
        await withTaskGroup(of: Int.self) { group in
            for number in 0..<attempts { group.addTask { (try? await attempt(number)) == nil ? 0 : 1 } }
            return await group.reduce(0, +)
        }
    }
}
