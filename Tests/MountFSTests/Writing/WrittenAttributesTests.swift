import JSON
import ObjectStore
import Platform
import TestSupport
import Testing

@testable import MountFS

@Suite struct WrittenAttributesTests {
    private func object(_ metadata: ObjectMetadata) -> ObjectInfo {
        ObjectInfo(
            key: "a", size: 0, modified: FileTime(seconds: 0, nanoseconds: 0), version: ObjectVersion("v"),
            metadata: metadata)
    }

    private var some: WrittenAttributes {
        var attributes = WrittenAttributes()
        attributes.mode = 0o4755
        attributes.owner = 1000
        attributes.group = 0
        attributes.modified = 1_700_000_000_000_000_123
        attributes.accessed = -1_500_000_000
        attributes.contentType = "text/plain"
        attributes.others = ["colour": "blue", "note": "ü"]
        return attributes
    }

    /// What is written as metadata is what is read again.
    @Test func asMetadata() {
        let metadata = some.metadata(of: .file)
        #expect(WrittenAttributes(ObjectDetails(object(metadata))) == some)
        #expect(metadata.user["mode"] == "35309")
        #expect(metadata.user["mtime"] == "1700000000.000000123")
        #expect(metadata.user["atime"] == "-1.500000000")
    }

    @Test func theKindIsInTheMode() {
        for kind in [NodeKind.file, .folder, .link] {
            #expect(ObjectDetails(object(some.metadata(of: kind))).kind == kind)
        }
    }

    @Test func nothingSetIsNothingSaid() {
        #expect(WrittenAttributes().metadata(of: .file) == ObjectMetadata())
    }

    @Test func asWords() {
        #expect(WrittenAttributes(words: some.words) == some)
        #expect(WrittenAttributes(words: WrittenAttributes().words) == WrittenAttributes())
        #expect(WrittenAttributes(words: "something else") == nil)
    }

    @Test(arguments: 0..<100) func timesComeBack(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let time = Int.random(in: -4_000_000_000_000_000_000...4_000_000_000_000_000_000, using: &generator)
        #expect(StoredTime.nanoseconds(StoredTime.text(nanoseconds: time)) == time)
        let seconds = time / 1_000_000_000 * 1_000_000_000
        #expect(StoredTime.nanoseconds(StoredTime.text(nanoseconds: seconds)) == seconds)
    }
}
