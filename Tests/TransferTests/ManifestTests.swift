import Platform
import Testing

@testable import Transfer

/// What a destination holds of ours, as a file: nothing that is damaged may make a mirror remove anything.
@Suite struct ManifestTests {
    private func manifest(_ records: [RawPath: Manifest.Record], isComplete: Bool = true) -> Manifest {
        var manifest = Manifest()
        manifest.records = records
        manifest.isComplete = isComplete
        return manifest
    }

    private func record(_ size: Int = 0, _ seconds: Int = 0, _ nanoseconds: Int = 0, folder: Bool = false)
        -> Manifest.Record
    {
        .init(size: size, modified: .init(seconds: seconds, nanoseconds: nanoseconds), isFolder: folder)
    }

    private static let every = RawPath((1...255).map { UInt8($0) })

    @Test(arguments: [true, false])
    func comesBackAsItWas(isComplete: Bool) throws {
        let all = manifest(
            [
                "a": record(1, 2, 3), "a b/ c ": record(Int.max, -1, 999_999_999), ".": record(folder: true),
                "\n": record(),
                "d/e": record(0, Int.max), "f 1 2 3 x": record(5), RawPath([0xFF, 0xFE]): record(),
                Self.every: record(7),
            ], isComplete: isComplete)
        #expect(Manifest(all.bytes) == all)
        #expect(Manifest(manifest([:], isComplete: isComplete).bytes) == manifest([:], isComplete: isComplete))
    }

    /// Cut anywhere but behind a record it is nothing; there it is what was written before, and never more.
    @Test func cutOff() throws {
        let all = manifest(["one": record(1, 2, 3), "two/three": record(4, 5, 6), "four": record(folder: true)])
        let bytes = all.bytes
        for end in bytes.indices {
            guard let found = Manifest(Array(bytes[..<end])) else { continue }
            #expect(end == bytes.firstIndex(of: UInt8(ascii: "\n"))! + 1 || bytes[end - 1] == 0, "\(end)")
            #expect(found.records.allSatisfy { all.records[$0.key] == $0.value }, "\(end)")
        }
    }

    @Test(arguments: [
        "", "\n", "provision manifest 1\n", "provision manifest 2 complete\n", "provision manifest 1 complete",
        "provision manifest 1 complete\nf 1 2 3 a", "provision manifest 1 complete\nf 1 2 a\0",
        "provision manifest 1 complete\nf 1 2 3 \0", "provision manifest 1 complete\nf x 2 3 a\0",
        "provision manifest 1 complete\nf 1 2 3 a\0\0", "provision manifest 1 complete\nf 99999999999999999999 2 3 a\0",
        "PROVISION MANIFEST 1 complete\n", "provision manifest 1 complete \n",
    ])
    func damaged(text: String) {
        #expect(Manifest(Array(text.utf8)) == nil)
    }

    /// Bits that fall over in the head or in a number never end the program; a name that changes is another name.
    @Test func anyByteChanged() {
        let bytes = manifest(["one": record(10, 20, 30), "two": record(folder: true)]).bytes
        for index in bytes.indices {
            for value in [0, 0x0A, 0x20, 0x2D, 0x39, 0xFF] as [UInt8] {
                var changed = bytes
                changed[index] = value
                #expect((Manifest(changed)?.records.count ?? 0) <= 3)
            }
        }
    }
}
