import ObjectStore
import Platform
import Testing

@testable import Transfer

/// What a destination holds of ours, as a file: nothing that is damaged may make a mirror remove anything.
@Suite struct ManifestTests {
    private func bytes(_ records: [RawPath: Manifest.Record], isComplete: Bool = true) -> [UInt8] {
        var bytes = isComplete ? ManifestText.complete : ManifestText.partial
        for (path, record) in records { ManifestText.append(path, record, to: &bytes) }
        return bytes
    }

    /// As it is read from a file.
    private func manifest(
        _ bytes: [UInt8], memory: MemoryBudget = MemoryBudget(4 << 20)
    ) throws -> Manifest? {
        let file = try OwnedDescriptor.open("/tmp", FileFlags.nameless, mode: 0o600)
        try file.write(bytes, at: 0)
        return Manifest(SharedDescriptor(file), memory: memory)
    }

    private func record(_ size: Int = 0, _ seconds: Int = 0, _ nanoseconds: Int = 0) -> Manifest.Record {
        .init(size: size, modified: .init(seconds: seconds, nanoseconds: nanoseconds))
    }

    private static let every = RawPath((1...255).map { UInt8($0) })

    @Test(arguments: [true, false])
    func comesBackAsItWas(isComplete: Bool) throws {
        let all: [RawPath: Manifest.Record] = [
            "a": record(1, 2, 3),
            "v": .init(size: 1, modified: .init(seconds: 2, nanoseconds: 3), version: .init("a b")),
            "a b/ c ": record(Int.max, -1, 999_999_999), ".": record(), "\n": record(),
            "d/e": record(0, Int.max), "1 2 3 x": record(5), RawPath([0xFF, 0xFE]): record(), Self.every: record(7),
        ]
        let manifest = try #require(try self.manifest(bytes(all, isComplete: isComplete)))
        #expect(manifest.records == all)
        #expect(manifest.isComplete == isComplete)
        #expect(try self.manifest(bytes([:]))?.records == [:])
    }

    /// Cut anywhere but behind a record it is nothing; there it is what was written before, and never more.
    @Test func cutOff() throws {
        let all: [RawPath: Manifest.Record] = ["one": record(1, 2, 3), "two/three": record(4, 5, 6), "four": record()]
        let bytes = bytes(all)
        for end in bytes.indices {
            guard let found = try manifest(Array(bytes[..<end])) else { continue }
            #expect(end == ManifestText.complete.count || bytes[end - 1] == 0, "\(end)")
            #expect(found.records.allSatisfy { all[$0.key] == $0.value }, "\(end)")
        }
    }

    @Test(arguments: [
        "1 2 3 \0a", "1 2 \0a\0", "1 2 3 \0\0", "x 2 3 \0a\0", "1 2 3 \0a\0\0", "1 2 3 x\0a\0", "\0", "1 2 3 a\0",
        "99999999999999999999 2 3 \0a\0",
    ])
    func damagedRecords(text: String) throws {
        #expect(try manifest(ManifestText.complete + text.utf8) == nil)
        #expect(try manifest(ManifestText.complete + "1 2 3 \0b\0".utf8) != nil)
    }

    @Test(arguments: [
        "", "\n", "provision manifest 2\n", "provision manifest 1 wholly \n", "provision manifest 2 wholly ",
        "PROVISION MANIFEST 2 wholly \n", "provision manifest 2 half \n",
    ])
    func damagedHeads(text: String) throws {
        #expect(try manifest(Array(text.utf8)) == nil)
    }

    /// Bits that fall over never end the program, and make no more names than there are.
    @Test func anyByteChanged() throws {
        let bytes = bytes(["one": record(10, 20, 30), "two": record()])
        for index in bytes.indices {
            for value in [0, 0x0A, 0x20, 0x2D, 0x39, 0xFF] as [UInt8] {
                var changed = bytes
                changed[index] = value
                #expect(((try manifest(changed))?.records.count ?? 0) <= 3)
            }
        }
    }

    /// One that is too large to be kept in memory, with entries that lie across everything that is read at once.
    @Test func manyNames() throws {
        let count = 20_000
        let memory = MemoryBudget(1 << 16)
        let name = { (number: Int) in RawPath("folder/" + String(repeating: "x", count: number % 90) + "\(number)") }
        var bytes = ManifestText.complete
        for number in 0..<count { ManifestText.append(name(number), record(number, 1, 2), to: &bytes) }
        #expect(bytes.count > 1 << 20)
        let manifest = try #require(try self.manifest(bytes, memory: memory))
        // All that is kept of a name.
        #expect(memory.used == 8 * count)
        for number in stride(from: 0, to: count, by: 7) { #expect(manifest[name(number)]?.size == number) }
        #expect(manifest["folder/nobody"] == nil)
        let listed = (0..<count).lazy.filter { $0 % 1000 != 5 }.map(name)
        let others = Array(manifest.surplus { isListed in for path in listed { isListed(path) } })
        #expect(others.map(\.path) == (0..<20).map { name(1000 * $0 + 5) })
        #expect(others.first?.record.size == 5)
    }

    /// Names longer than what is read at once.
    @Test func longNames() throws {
        let name = { (size: Int) in RawPath(String(repeating: "n/", count: size / 2)) }
        let sizes = [2, 300, 480, 500, 510, 512, 520, 1000, 1024, 2000, 4000]
        var bytes = ManifestText.partial
        for size in sizes { ManifestText.append(name(size), record(size), to: &bytes) }
        let manifest = try #require(try self.manifest(bytes, memory: MemoryBudget(0)))
        #expect(sizes.map { manifest[name($0)]?.size } == sizes)
        #expect(manifest.records.count == sizes.count)
    }
}

extension Manifest {
    fileprivate var records: [RawPath: Record] {
        Dictionary(surplus { _ in }.map { ($0.path, $0.record) }, uniquingKeysWith: { first, _ in first })
    }
}
