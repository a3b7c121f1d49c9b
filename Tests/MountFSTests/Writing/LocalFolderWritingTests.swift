import Glibc
import ObjectStore
import Platform
import TestSupport
import Testing

@testable import MountFS

/// A folder of this machine that is mounted and written to is that folder.
struct LocalFolderWritingTests {
    private func mounted() async throws -> (TemporaryFolder, TestMount, TestProgram) {
        let folder = try TemporaryFolder()
        let store = try await FileStore.open(RawPath(folder.path), isDurable: false)
        let mount = try TestMount(store, staging: try TestStaging())
        return (folder, mount, TestProgram(mount))
    }

    private func content(_ folder: TemporaryFolder) -> [String: FileTree.Content] {
        Dictionary(
            uniqueKeysWithValues: FileTree(folder.path).below.map {
                (String(decoding: $0.key, as: UTF8.self), $0.value.content)
            })
    }

    @Test func filesFoldersAndLinks() async throws {
        let (folder, mount, program) = try await mounted()
        try await program.makeFolder("d")
        try await program.makeFolder("d/empty")
        try await program.save("content", as: "d/f")
        try await program.makeLink("l", to: "d/f")
        #expect(
            content(folder) == [
                "d": .folder, "d/empty": .folder, "d/f": .file(Array("content".utf8)),
                "l": .link(to: Array("d/f".utf8)),
            ])
        #expect(try await program.target("l") == "d/f")
        let file = try await program.open("d/f", O_RDWR)
        try await program.write("CON", to: file)
        try await program.rename("d", to: "e")
        try await program.write("!", at: 7, to: file)
        try await program.close(file)
        await mount.drain()
        #expect(
            content(folder) == [
                "e": .folder, "e/empty": .folder, "e/f": .file(Array("CONtent!".utf8)),
                "l": .link(to: Array("d/f".utf8)),
            ])
        try await program.save("new", as: "g")
        try await program.rename("g", to: "e/f")
        try await program.remove("l")
        try await program.removeFolder("e/empty")
        await mount.drain()
        #expect(content(folder) == ["e": .folder, "e/f": .file(Array("new".utf8))])
        await expectError(ENOTEMPTY) { try await program.removeFolder("e") }
        try await program.remove("e/f")
        try await program.removeFolder("e")
        #expect(content(folder) == [:])
    }

    /// Somebody who works in the folder itself is noticed as in a bucket.
    @Test func somebodyElseHasWritten() async throws {
        let (folder, mount, program) = try await mounted()
        try folder.write("old", to: "f")
        let file = try await program.open("f", O_WRONLY | O_TRUNC)
        try await program.write("mine", to: file)
        try folder.write("theirs", to: "f")
        await expectError(ESTALE) { try await program.close(file) }
        #expect(try folder.read("f") == "theirs")
        #expect(await soon { mount.progress.kept.map(\.reason) == [.conflict] })
    }

    /// As if it had been written in place. Who is not root can give away nothing.
    @Test(.enabled(if: geteuid() == 0, "takes root")) func aFileStaysWhoseItWas() async throws {
        let (folder, mount, program) = try await mounted()
        for (name, size) in [("small", 10), ("large", 20 << 20)] {
            try folder.write("old", to: name)
            #expect(chown(folder.path + "/" + name, 1234, 2345) == 0)
            let file = try await program.open(name, O_WRONLY | O_APPEND)
            try await program.write(Content.bytes(size, seed: 1), at: 3, to: file)
            try await program.close(file)
            await mount.drain()
            var status = stat()
            #expect(lstat(folder.path + "/" + name, &status) == 0)
            #expect(status.st_uid == 1234 && status.st_gid == 2345 && status.st_size == size + 3)
        }
    }

    @Test func aWriterThatDies() async throws {
        let (folder, mount, program) = try await mounted()
        try folder.write("old", to: "f")
        let file = try await program.open("f", O_WRONLY | O_TRUNC)
        try await program.write("half", to: file)
        try await program.flush(file, by: .process(100, isDying: true))
        program.release(file)
        await mount.drain()
        #expect(try folder.read("f") == "old" && mount.progress.kept.map(\.reason) == [.torn])
        #expect(try folder.names == ["f"])
    }

    /// Nothing of ours stands in the folder while something is on its way.
    @Test func aFolderHasNoTemporaryNames() async throws {
        let (folder, mount, program) = try await mounted()
        let file = try await program.open("f", O_WRONLY | O_CREAT)
        try await program.write(Content.bytes(20 << 20, seed: 1), to: file)
        #expect(try await program.names() == ["f"])
        try await program.close(file)
        await mount.drain()
        #expect(try await program.names() == ["f"])
        #expect(try folder.names == ["f"])
    }

    /// A file that nobody has written to comes there when the last has let go of it, while other programs go on with it.
    @Test func whatIsJustComingThereIsChanged() async throws {
        let (folder, mount, program) = try await mounted()
        for number in 0..<300 {
            let name = "f\(number)"
            let file = try await program.open(name, O_RDWR | O_CREAT)
            try await program.close(file)
            try await program.change(name) { $0.mode = 0o600 }
            #expect(try await program.attributes(name)?.mode == 0o600)
            try await program.remove(name)
        }
        await mount.drain()
        #expect(try folder.names == [])
    }

    /// A new version has the mode of the one before, also when that was written here a moment ago.
    @Test func aModeStays() async throws {
        let (folder, mount, program) = try await mounted()
        for text in ["one", "two", "three"] {
            try await program.save(text, as: "f", mode: 0o750)
            #expect(try await program.attributes("f")?.mode == 0o750)
            await mount.drain()
            #expect(Files.mode(of: folder.path("f")) == 0o750)
        }
    }

    /// What is removed and open still is in nobody's way.
    @Test(arguments: ["folder", "renamed folder", "link", "renamed file"])
    func anotherThingTakesThePlaceOfWhatIsOpen(what: String) async throws {
        let (folder, mount, program) = try await mounted()
        try folder.write("content", to: "f")
        let file = try await program.open("f", O_RDONLY)
        try await program.remove("f")
        switch what {
        case "folder": try await program.makeFolder("f")
        case "link": try await program.makeLink("f", to: "g")
        case "renamed folder":
            try await program.makeFolder("g")
            try await program.rename("g", to: "f")
        default:
            try await program.save("other", as: "g")
            try await program.rename("g", to: "f")
        }
        #expect(try await program.read(from: file) == Array("content".utf8))
        program.release(file)
        await mount.drain()
        let right: FileTree.Content =
            switch what {
            case "link": .link(to: Array("g".utf8))
            case "renamed file": .file(Array("other".utf8))
            default: .folder
            }
        #expect(content(folder) == ["f": right])
        #expect(try await program.names() == ["f"])
    }
}
