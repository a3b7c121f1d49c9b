import CShims
import Foundation
import TestSupport
import Testing

@testable import Platform

/// Both ways of opening below a folder must give the same answers.
enum OpenBeneath: CaseIterable {
    case kernel
    case stepwise

    func open(
        _ folder: borrowing OwnedDescriptor, _ path: RawPath, _ flags: Int32 = O_RDONLY, mode: UInt32 = 0
    ) throws(SystemError) -> OwnedDescriptor {
        switch self {
        case .kernel: try .open(beneath: folder, path, flags, mode: mode)
        case .stepwise: try .openStepwise(beneath: folder, path, flags, mode: mode)
        }
    }
}

struct OpenBeneathTests {
    private let temporary: TemporaryFolder
    private let root: SharedDescriptor

    init() throws {
        temporary = try TemporaryFolder()
        try temporary.write("secret", to: "outside")
        try FileManager.default.createDirectory(
            atPath: temporary.path("root/a/b"), withIntermediateDirectories: true)
        try temporary.write("inside", to: "root/a/b/file")
        for (link, target) in [
            ("root/up", ".."), ("root/a/file-link", "b/file"), ("root/a/folder-link", "b"),
            ("root/absolute", temporary.path), ("root/a/loop", "loop"), ("root/magic", "/proc/self/root"),
        ] {
            try FileManager.default.createSymbolicLink(
                atPath: temporary.path(link), withDestinationPath: target)
        }
        root = SharedDescriptor(try .open(RawPath(temporary.path("root")), O_RDONLY | O_DIRECTORY))
    }

    @Test(arguments: OpenBeneath.allCases, ["a/b/file", "a//b/./file", "./a/b/file"])
    func opensWhatIsBelow(way: OpenBeneath, path: String) throws {
        #expect(try way.open(root.file, RawPath(path)).entry().size == 6)
    }

    @Test(arguments: OpenBeneath.allCases, [".", "a", "a/", "a/b/.", "./"])
    func opensFolders(way: OpenBeneath, path: String) throws {
        #expect(try way.open(root.file, RawPath(path), O_RDONLY | O_DIRECTORY).entry().kind == .folder)
    }

    @Test(
        arguments: OpenBeneath.allCases,
        [
            ("up/outside", ELOOP), ("up", ELOOP), ("absolute/outside", ELOOP), ("magic/etc", ELOOP),
            ("a/file-link", ELOOP), ("a/folder-link/file", ELOOP), ("a/folder-link/", ELOOP), ("a/loop", ELOOP),
            ("a/none", ENOENT), ("none/file", ENOENT), ("", ENOENT), ("a/b/file/x", ENOTDIR),
            ("a/b/file/", ENOTDIR),
        ] as [(String, Int32)])
    func refuses(way: OpenBeneath, path: (String, Int32)) {
        #expect(throws: SystemError(code: path.1)) { _ = try way.open(root.file, RawPath(path.0)) }
    }

    @Test(arguments: ["../outside", "a/../../outside", "a/../a/b/file", "..", "/etc/passwd", "/"])
    func refusesWaysOut(path: String) {
        #expect(throws: SystemError(code: EXDEV)) {
            _ = try OwnedDescriptor.open(beneath: root.file, RawPath(path), O_RDONLY)
        }
    }

    @Test(arguments: OpenBeneath.allCases)
    func makesFilesButNotThroughLinks(way: OpenBeneath) throws {
        let file = try SharedDescriptor(way.open(root.file, "a/new", O_WRONLY | O_CREAT | O_EXCL, mode: 0o600))
        #expect(try file.file.entry().mode == 0o600)
        try root.file.makeLink("dangling", to: "a/elsewhere")
        #expect(throws: SystemError(code: ELOOP)) {
            _ = try way.open(root.file, "dangling", O_WRONLY | O_CREAT, mode: 0o600)
        }
        #expect(!FileManager.default.fileExists(atPath: temporary.path("root/a/elsewhere")))
    }

    @Test(arguments: OpenBeneath.allCases)
    func aLinkItselfCanBeLookedAt(way: OpenBeneath) throws {
        #expect(try way.open(root.file, "a/loop", shim_o_path | shim_o_nofollow).entry().kind == .link)
    }

    /// Longer than any one system call takes.
    @Test func pathsOfAnyLength() throws {
        let name = RawPath([UInt8](repeating: 0x64, count: 255))
        var path = RawPath("a")
        for _ in 0..<20 {
            let folder = try OwnedDescriptor.open(beneath: root.file, path, O_RDONLY | O_DIRECTORY)
            try folder.makeFolder(name)
            path = path.appending(name)
        }
        #expect(path.bytes.count > Int(PATH_MAX))
        #expect(try OwnedDescriptor.open(beneath: root.file, path, O_RDONLY).entry().kind == .folder)
    }
}
