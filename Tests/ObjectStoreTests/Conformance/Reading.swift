import Checksums
import Foundation
import ObjectStore
import Platform
import TestSupport
import Testing

extension Conformance {
    static let reading: [Check] = [
        Check("what was put is read") { store in
            try await store.put("a/b c+%2F?#&", "content")
            #expect(try await store.text("a/b c+%2F?#&") == "content")
            let result = try await store.read("a/b c+%2F?#&", .whole, of: nil, into: .bytes(limit: 7))
            #expect(result.count == 7 && result.object.size == 7)
        },
        Check("empty objects are objects") { store in
            try await store.put("empty", "")
            #expect(try await store.stat("empty").size == 0)
            #expect(try await store.text("empty") == "")
            #expect(try await store.text("empty", ReadRange(from: 0, count: 100)) == "")
            await expectFailure(.invalid) { () throws(StoreError) in
                try await store.text("empty", ReadRange(from: 1))
            }
        },
        Check("what is not there is not found") { store in
            try await store.put("a/b", "x")
            for key: ObjectKey in ["none", "a", "a/none", "a/b/c"] {
                await expectFailure(.notFound) { () throws(StoreError) in try await store.stat(key) }
                await expectFailure(.notFound) { () throws(StoreError) in try await store.text(key) }
            }
        },
        Check("ranges") { store in
            try await store.put("a", "0123456789")
            let ranges: [(ReadRange, String)] = [
                (.whole, "0123456789"), (ReadRange(from: 0, count: 1), "0"), (ReadRange(from: 3, count: 4), "3456"),
                (ReadRange(from: 9), "9"), (ReadRange(from: 8, count: 100), "89"),
                (ReadRange(from: 5, count: .max), "56789"),
            ]
            for (range, text) in ranges { #expect(try await store.text("a", range) == text) }
            for start in [10, 11, 1 << 40] {
                await expectFailure(.invalid) { () throws(StoreError) in
                    try await store.text("a", ReadRange(from: start, count: 1))
                }
            }
        },
        Check("a read can be held to a version") { store in
            let old = try await store.put("a", "old")
            #expect(try await store.text("a", of: old) == "old")
            let new = try await store.put("a", "new")
            #expect(old != new)
            await expectFailure(.changed) { () throws(StoreError) in try await store.text("a", of: old) }
            #expect(try await store.text("a", of: new) == "new")
            #expect(try await store.read("a", .whole, of: nil, into: .bytes(limit: 3)).object.version == new)
        },
        Check("into a file at an offset, and into memory") { store in
            try await store.put("a", "0123456789")
            let folder = try TemporaryFolder()
            let file = try SharedDescriptor(.open(RawPath(folder.path("out")), O_RDWR | O_CREAT))
            let result = try await store.read(
                "a", ReadRange(from: 2, count: 5), of: nil, into: .file(file, offset: 3))
            #expect(result.count == 5 && result.bytes.isEmpty)
            #expect(try folder.read("out") == "\0\0\u{0}23456")

            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 8, alignment: 1)
            defer { memory.deallocate() }
            memory.initializeMemory(as: UInt8.self, repeating: 0)
            let sink = ByteSink.memory(UnsafeMutableRawBufferPointer(rebasing: memory[..<4]))
            #expect(try await store.read("a", ReadRange(from: 6, count: 4), of: nil, into: sink).count == 4)
            #expect(Array(memory) == Array("6789\0\0\0\0".utf8))
        },
        Check("a checksum is computed over what is read") { store in
            let bytes = Array("0123456789".utf8)
            try await store.put("a", "0123456789")
            try await store.put("empty", "")
            for algorithm in Checksum.Algorithm.allCases {
                let whole = try await store.read("a", .whole, of: nil, into: .bytes(limit: 10), checksum: algorithm)
                #expect(try whole.checksum == Checksum(algorithm, of: bytes))
                let range = ReadRange(from: 2, count: 5)
                let part = try await store.read("a", range, of: nil, into: .bytes(limit: 10), checksum: algorithm)
                #expect(try part.checksum == Checksum(algorithm, of: Array(bytes[2..<7])))
                for range in [.whole, ReadRange(from: 0, count: 5)] {
                    let none = try await store.read(
                        "empty", range, of: nil, into: .bytes(limit: 10), checksum: algorithm)
                    #expect(try none.checksum == Checksum(algorithm, of: [UInt8]()))
                }
            }
            #expect(try await store.read("a", .whole, of: nil, into: .bytes(limit: 10)).checksum == nil)
        },
        Check("nothing is written behind the end of a sink") { store in
            try await store.put("a", "0123456789")
            await expectFailure(.tooLarge) { () throws(StoreError) in
                try await store.read("a", .whole, of: nil, into: .bytes(limit: 9)).count
            }
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 9, alignment: 1)
            defer { memory.deallocate() }
            let sink = ByteSink.memory(memory)
            await expectFailure(.tooLarge) { () throws(StoreError) in
                try await store.read("a", .whole, of: nil, into: sink).count
            }
        },
    ]
}
