import Foundation
import TestSupport
import Testing

/// `provision cache list`, `prune` and `clear` where there is nothing; with mounts that is in `MountCacheTests`.
@Suite(.apart) struct CacheVerbTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test(arguments: ["list", "prune", "clear"])
    func nothingIsThere(verb: String) throws {
        try Files.makeFolder(folder.path("caches"))
        try Files.makeFolder(folder.path("caches/mine"))
        for place in ["caches", "absent"] {
            let finished = try provision("cache", verb, "--cache-dir", folder.path(place))
            #expect(finished.status == 0 && finished.output == "no cache\n", "\(finished)")
            let json = try provision("cache", verb, "--cache-dir", folder.path(place), "--output", "json")
            #expect(json.output.filter { !$0.isWhitespace } == #"{"v":1,"caches":[]}"#)
        }
        // It makes nothing.
        #expect(try folder.names == ["caches"])
        #expect(FileManager.default.subpaths(atPath: folder.path) == ["caches", "caches/mine"])
    }

    @Test func words() throws {
        for words in [["cache"], ["cache", "empty"]] {
            #expect(try Program.run([Program.provision] + words).status == 64)
        }
    }

    @Test(.enabled(if: getuid() == 0, "only root can give files away"))
    func somebodyElses() throws {
        try Files.makeFolder(folder.path("caches"))
        try Files.makeFolder(folder.path("caches/provision-cache-1"))
        try Files.setOwner(folder.path("caches/provision-cache-1"), 12345)
        let finished = try provision("cache", "list", "--cache-dir", folder.path("caches"))
        #expect(finished.status == 73 && finished.errors.contains("belongs to somebody else"), "\(finished)")
    }
}
