import Foundation
import TestSupport
import Testing

@testable import Platform

struct FileNamesTests {
    private let temporary: TemporaryFolder
    private let folder: SharedDescriptor

    init() throws {
        temporary = try TemporaryFolder()
        folder = SharedDescriptor(try .open(RawPath(temporary.path), O_RDONLY | O_DIRECTORY))
    }

    /// All but NUL and the slash, alone and at the greatest length.
    @Test func everyByteThatLinuxAllows() throws {
        let bytes = (1...255).filter { $0 != UInt8(ascii: "/") }.map { UInt8($0) }
        // A single dot is the folder itself.
        var names = Set(bytes.filter { $0 != UInt8(ascii: ".") }.map { RawPath([$0]) })
        names.insert(RawPath(bytes))
        names.insert(RawPath([UInt8](repeating: 0xFE, count: 255)))
        for name in names {
            let file = try SharedDescriptor(.open(name, in: folder.file, O_WRONLY | O_CREAT | O_EXCL))
            try name.bytes.withUnsafeBytes { try file.file.write($0, at: 0) }
        }
        #expect(try Set(folder.file.names()) == names)
        for name in names {
            #expect(try folder.file.entry(of: name).size == name.bytes.count)
            #expect(try OwnedDescriptor.open(beneath: folder.file, name, O_RDONLY).entry().kind == .file)
            try folder.file.remove(name)
        }
        #expect(try folder.file.names().isEmpty)
    }

    @Test func aNameCanBeTooLong() throws {
        let name = RawPath([UInt8](repeating: 0x61, count: 256))
        #expect(throws: SystemError(code: ENAMETOOLONG)) { try folder.file.makeFolder(name) }
        #expect(throws: SystemError(code: ENAMETOOLONG)) {
            _ = try OwnedDescriptor.open(beneath: folder.file, name, O_RDONLY)
        }
    }

    @Test func tellsKindsApart() throws {
        try folder.file.makeFolder("folder", mode: 0o750)
        let target = RawPath([0xFF, 0x0A, 0x20])
        try folder.file.makeLink("link", to: target)
        #expect(mkfifo(temporary.path("pipe"), 0o600) == 0)
        #expect(try folder.file.entry(of: "folder").kind == .folder)
        #expect(try folder.file.entry(of: "link").kind == .link)
        #expect(try folder.file.target(ofLink: "link") == target)
        #expect(try folder.file.entry(of: "pipe").kind == .special)
        #expect(try folder.file.entryIfAny(of: "nothing") == nil)
        #expect(throws: SystemError.notThere) { try folder.file.entry(of: "nothing") }
        #expect(throws: SystemError(code: EINVAL)) { try folder.file.target(ofLink: "folder") }
    }

    @Test func aLongTargetIsReadWhole() throws {
        let target = RawPath([UInt8](repeating: 0x74, count: 4095))
        try folder.file.makeLink("link", to: target)
        #expect(try folder.file.target(ofLink: "link") == target)
    }

    @Test func renamesBetweenFolders() throws {
        try folder.file.makeFolder("a")
        try folder.file.makeFolder("b")
        let a = try SharedDescriptor(.open("a", in: folder.file, O_RDONLY | O_DIRECTORY))
        let b = try SharedDescriptor(.open("b", in: folder.file, O_RDONLY | O_DIRECTORY))
        try temporary.write("new", to: "a/x")
        try temporary.write("old", to: "b/y")
        try a.file.rename("x", to: "y", in: b.file)
        #expect(try temporary.read("b/y") == "new")
        #expect(try a.file.names().isEmpty)
        try folder.file.remove("a", isFolder: true)
        #expect(throws: SystemError(code: ENOTEMPTY)) { try folder.file.remove("b", isFolder: true) }
    }

    @Test(arguments: [true, false])
    func renamesToNewNamesOnly(byLinking: Bool) throws {
        for name in ["a", "b", "c"] { try temporary.write(name, to: name) }
        func rename(_ name: RawPath, to newName: RawPath) throws(SystemError) {
            byLinking
                ? try folder.file.renameToNewByLinking(name, to: newName, in: folder.file)
                : try folder.file.renameToNew(name, to: newName, in: folder.file)
        }
        try rename("a", to: "new")
        #expect(throws: SystemError(code: EEXIST)) { try rename("b", to: "c") }
        try folder.file.makeLink("link", to: "none")
        #expect(throws: SystemError(code: EEXIST)) { try rename("b", to: "link") }
        #expect(throws: SystemError.notThere) { try rename("a", to: "other") }
        #expect(try temporary.names == ["b", "c", "link", "new"])
        #expect(try temporary.read("new") == "a" && temporary.read("c") == "c")
    }

    @Test func attributes() throws {
        try temporary.write("x", to: "file")
        let file = try SharedDescriptor(.open("file", in: folder.file, O_RDWR))
        let time = FileTime(seconds: 1_000_000_000, nanoseconds: 123_456_789)
        try file.file.setMode(0o640)
        try file.file.setModified(time)
        try file.file.synchronize()
        let entry = try file.file.entry()
        #expect(entry.mode == 0o640)
        #expect(entry.modified == time)
        #expect(entry.changed.seconds > time.seconds)
        try folder.file.makeLink("link", to: "file")
        try folder.file.setModified(ofLink: "link", FileTime(seconds: 1, nanoseconds: 1))
        #expect(try folder.file.entry(of: "link").modified == FileTime(seconds: 1, nanoseconds: 1))
        #expect(try file.file.entry().modified == time)
        #expect(try file.file.room().bytes > 0)
    }

    @Test func locksExcludeOneAnother() throws {
        try temporary.write("", to: "lock")
        var first: SharedDescriptor? = try SharedDescriptor(.open("lock", in: folder.file, O_RDWR))
        let second = try SharedDescriptor(.open("lock", in: folder.file, O_RDWR))
        #expect(try first?.file.lock(waiting: false) == true)
        #expect(try !second.file.lock(waiting: false))
        first = nil
        #expect(try second.file.lock(waiting: true))
    }
}
