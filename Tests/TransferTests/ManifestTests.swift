import ObjectStore
import Platform
import Testing

@testable import Transfer

/// What a destination holds of ours, as a file: nothing that is damaged may make a mirror remove anything.
@Suite struct ManifestTests {
    private func bytes(_ records: [RawPath: Manifest.Record], isComplete: Bool = true) -> [UInt8] {
        let bytes = Manifest.bytes(of: [], besides: records, isRootOurs: false).bytes
        return isComplete ? Manifest.complete + bytes.dropFirst(Manifest.complete.count) : bytes
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
        let manifest = try #require(Manifest(bytes(all, isComplete: isComplete)))
        #expect(manifest.records == all)
        #expect(manifest.isComplete == isComplete)
        #expect(Manifest(bytes([:]))?.records == [:])
    }

    /// Cut anywhere but behind a record it is nothing; there it is what was written before, and never more.
    @Test func cutOff() throws {
        let all: [RawPath: Manifest.Record] = ["one": record(1, 2, 3), "two/three": record(4, 5, 6), "four": record()]
        let bytes = bytes(all)
        for end in bytes.indices {
            guard let found = Manifest(Array(bytes[..<end])) else { continue }
            #expect(end == Manifest.complete.count || bytes[end - 1] == 0, "\(end)")
            #expect(found.records.allSatisfy { all[$0.key] == $0.value }, "\(end)")
        }
    }

    @Test(arguments: [
        "1 2 3 \0a", "1 2 \0a\0", "1 2 3 \0\0", "x 2 3 \0a\0", "1 2 3 \0a\0\0", "1 2 3 x\0a\0", "\0", "1 2 3 a\0",
        "99999999999999999999 2 3 \0a\0",
    ])
    func damagedRecords(text: String) {
        #expect(Manifest(Manifest.complete + text.utf8) == nil)
        #expect(Manifest(Manifest.complete + "1 2 3 \0b\0".utf8) != nil)
    }

    @Test(arguments: [
        "", "\n", "provision manifest 2\n", "provision manifest 1 wholly \n", "provision manifest 2 wholly ",
        "PROVISION MANIFEST 2 wholly \n", "provision manifest 2 half \n",
    ])
    func damagedHeads(text: String) {
        #expect(Manifest(Array(text.utf8)) == nil)
    }

    /// Bits that fall over never end the program, and make no more names than there are.
    @Test func anyByteChanged() {
        let bytes = bytes(["one": record(10, 20, 30), "two": record()])
        for index in bytes.indices {
            for value in [0, 0x0A, 0x20, 0x2D, 0x39, 0xFF] as [UInt8] {
                var changed = bytes
                changed[index] = value
                #expect((Manifest(changed)?.records.count ?? 0) <= 3)
            }
        }
    }
}
