import Glibc
import ObjectStore
import Platform
import TestSupport
import Testing

@testable import MountFS

/// Attributes, links and extended attributes: from listings, and from what goes with the object.
struct AttributeTests {
    @Test func listingsTellSizeAndTime() async throws {
        let bucket = MemoryBucket()
        bucket.set("d/a", [1, 2, 3], seconds: 1_650_000_000)
        let mount = try TestMount(bucket) { settings in
            settings.owner = 5
            settings.group = 6
        }
        let folder = try #require(try await mount.list(isDetailed: true).first).entry.attributes
        #expect(folder.kind == .folder && folder.mode == 0o755 && folder.owner == 5 && folder.linkCount == 2)
        #expect(folder.modified == FileTime(seconds: 1_600_000_000, nanoseconds: 0))
        let file = try #require(try await mount.list(folder.node, isDetailed: true).first).entry.attributes
        #expect(file.kind == .file && file.mode == 0o644 && file.size == 3 && file.group == 6)
        #expect(file.modified.seconds == 1_650_000_000 && file.linkCount == 1)
    }

    @Test(arguments: [
        ["mode": "33261", "uid": "1000", "gid": "1001", "mtime": "1650000001.5"],
        ["mode": "100755", "uid": "1000", "gid": "1001", "mtime": "2022-04-15T05:20:01.5Z"],
        ["mode": "0755", "uid": "1000", "gid": "1001", "mtime": "1650000001.500000000"],
    ])
    func metadataOfS3fsAndRcloneAreAttributes(metadata: [String: String]) async throws {
        let bucket = MemoryBucket()
        bucket.set("a", [1], metadata: metadata)
        let mount = try TestMount(bucket)
        let file = try #require(try await mount.lookUp("a".utf8)).attributes
        #expect(file.mode == 0o755 && file.owner == 1000 && file.group == 1001)
        #expect(file.modified == FileTime(seconds: 1_650_000_001, nanoseconds: 500_000_000))
        #expect(file.changed == FileTime(seconds: 1_700_000_000, nanoseconds: 0))
    }

    @Test func metadataThatMeanNothingAreLeftAlone() async throws {
        let bucket = MemoryBucket()
        for (name, metadata) in [
            ("a", ["mode": "rwx", "uid": "-1", "gid": "x", "mtime": "yesterday"]),
            ("b", ["mode": "99999999999", "uid": "99999999999", "mtime": "1e9"]), ("c", ["mode": "", "mtime": "1.x"]),
        ] {
            bucket.set(ObjectKey(name), metadata: metadata)
            let mount = try TestMount(bucket)
            let file = try #require(try await mount.lookUp(name.utf8)).attributes
            #expect(file.kind == .file && file.mode == 0o644 && file.owner == 0 && file.group == 0)
            #expect(file.modified.seconds == 1_700_000_000)
        }
    }

    @Test func whatTheTaskSaysHoldsForEverything() async throws {
        let bucket = MemoryBucket()
        bucket.set("d/a", metadata: ["mode": "33261", "uid": "1000", "gid": "1001"])
        let mount = try TestMount(bucket) { settings in
            settings.fixedOwner = 7
            settings.fixedGroup = 8
            settings.fileMode = 0o640
            settings.folderMode = 0o750
        }
        let file = try #require(try await mount.find("d/a")).attributes
        #expect(file.mode == 0o640 && file.owner == 7 && file.group == 8)
        #expect(try await mount.find("d")?.attributes.mode == 0o750)
    }

    /// A listing does not tell them, but neither does it say that they are gone.
    @Test func metadataStayWithTheirVersion() async throws {
        let bucket = MemoryBucket()
        bucket.set("a", [1], metadata: ["mode": "33261"])
        let mount = try TestMount(bucket)
        #expect(try await mount.list(isDetailed: true).first?.entry.attributes.mode == 0o644)
        mount.pass(milliseconds: 1001)
        #expect(try await mount.lookUp("a".utf8)?.attributes.mode == 0o755)
        mount.pass(milliseconds: 1001)
        #expect(try await mount.list(isDetailed: true).first?.entry.attributes.mode == 0o755)
        bucket.set("a", [2], metadata: ["mode": "33261"])
        mount.pass(milliseconds: 1001)
        #expect(try await mount.list(isDetailed: true).first?.entry.attributes.mode == 0o644)
    }

    @Test func aMarkerHasTheAttributesOfItsFolder() async throws {
        let bucket = MemoryBucket()
        bucket.set("d/", metadata: ["mode": "16832", "uid": "9", "mtime": "1650000000"])
        bucket.set("e/", seconds: 1_660_000_000)
        let mount = try TestMount(bucket)
        let folder = try #require(try await mount.lookUp("d".utf8)).attributes
        #expect(folder.kind == .folder && folder.mode == 0o700 && folder.owner == 9)
        #expect(folder.modified.seconds == 1_650_000_000)
        mount.pass(milliseconds: 1001)
        #expect(try await mount.lookUp("e".utf8)?.attributes.modified.seconds == 1_660_000_000)
        mount.pass(milliseconds: 1001)
        #expect(try await mount.list(isDetailed: true).map(\.entry.attributes.mode) == [0o700, 0o755])
    }

    @Test func linksAreObjectsWhoseModeSaysSo() async throws {
        let bucket = MemoryBucket()
        bucket.set("link", Array("../target".utf8), metadata: ["mode": "41471"])
        bucket.set("file", [1])
        let mount = try TestMount(bucket)
        let link = try #require(try await mount.lookUp("link".utf8)).attributes
        #expect(link.kind == .link && link.size == 9 && link.mode == 0o777)
        let target = try await answer { mount.files.target(ofLink: link.node, $0) }
        #expect(target == Array("../target".utf8))
        // A listing does not make it a file again.
        mount.pass(milliseconds: 1001)
        let listed = try await mount.list(isDetailed: true).map(\.entry.attributes)
        #expect(listed.map(\.kind) == [.file, .link] && listed[1].node == link.node)
        let file = listed[0].node
        await #expect(throws: SystemError(code: EINVAL)) { try await answer { mount.files.target(ofLink: file, $0) } }
    }

    @Test func userMetadataAreExtendedAttributes() async throws {
        let bucket = MemoryBucket()
        let version = bucket.set("a", [1], metadata: ["colour": "green", "mode": "33188", "about": "é"])
        let mount = try TestMount(bucket)
        let node = try #require(try await mount.list(isDetailed: true).first).entry.attributes.node
        func value(_ name: String) async throws(SystemError) -> String {
            let bytes = try await answer { reply in
                Array(name.utf8).withUnsafeBytes { mount.files.extendedAttribute($0, of: node, reply) }
            }
            return String(decoding: bytes, as: UTF8.self)
        }
        _ = bucket.takeCalls()
        // What nobody can have is asked for by programs again and again: it costs nothing.
        for name in ["security.capability", "system.posix_acl_access", "trusted.x"] {
            await #expect(throws: SystemError(code: EOPNOTSUPP)) { try await value(name) }
        }
        #expect(try await value("provision.etag") == version.text)
        #expect(try await value("provision.key") == "a")
        #expect(bucket.takeCalls().isEmpty)
        let names = try await answer { mount.files.extendedAttributeNames(of: node, $0) }
        #expect(names.map { String(decoding: $0, as: UTF8.self) } == ["user.about", "user.colour"])
        #expect(try await value("user.colour") == "green")
        #expect(try await value("user.about") == "é")
        #expect(try await value("provision.content-type") == "text/plain")
        #expect(bucket.takeCalls() == [.stat("a")])
        await #expect(throws: SystemError.noSuchAttribute) { try await value("user.mode") }
        await #expect(throws: SystemError.noSuchAttribute) { try await value("provision.nothing") }
    }

    @Test func thereIsRoom() async throws {
        let mount = try TestMount(MemoryBucket())
        let room = try await answer { mount.files.room($0) }
        #expect(room.freeBytes > 1 << 40 && room.freeNodes > 1 << 20 && room.longestName == 255)
    }

    @Test func aFileSystemsOwnAttributesAreThere() async throws {
        let folder = try TemporaryFolder()
        try Files.write("hello", to: folder.path("file"), mode: 0o711)
        try Files.makeFolder(folder.path("empty"))
        try Files.makeLink(folder.path("link"), to: "file")
        let store = try await FileStore.open(RawPath(folder.path), isDurable: false)
        let mount = try TestMount(store)
        #expect(try await mount.texts() == ["empty", "file", "link"])
        let file = try #require(try await mount.lookUp("file".utf8)).attributes
        #expect(file.mode == 0o711 && file.size == 5)
        #expect(try await mount.read(file.node) == Array("hello".utf8))
        let empty = try #require(try await mount.lookUp("empty".utf8)).attributes
        #expect(empty.kind == .folder)
        #expect(try await mount.texts(empty.node) == [])
        for round in 0...1 {
            let lookedUp = try await mount.lookUp("link".utf8)
            let listed = try await mount.list(isDetailed: true).last?.entry
            let link = try #require(round == 0 ? lookedUp : listed).attributes
            #expect(link.kind == .link)
            #expect(try await answer { mount.files.target(ofLink: link.node, $0) } == Array("file".utf8))
        }
    }
}
