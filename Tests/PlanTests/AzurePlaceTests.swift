import HTTP
import Platform
import Testing

@testable import Plan
@testable import TaskFile

/// Where an account of Azure's is asked, and where its files and folders are moved: whoever is told there what is told to the
/// first has to be Azure as well.
struct AzurePlaceTests {
    private func place(_ source: String, _ found: AzurePlace.Found = (nil, nil)) throws -> AzurePlace {
        let context = TaskContext(environment: Environment([:]), home: "/home/u")
        let file = TaskFile.read(
            Array("file_mounts: {/d: {source: \(source), mode: MOUNT}}".utf8), file: "task.yaml", context: context)
        let mount = try #require(file.tasks.first?.mounts.first)
        guard case .bucket(let bucket) = mount.sources.first?.location else { throw NoBucket() }
        return try AzurePlace(bucket, mount.access, found: found)
    }

    private struct NoBucket: Error {}

    @Test(
        arguments: [
            ("https://mine.blob.core.windows.net/data/x", "https://mine.dfs.core.windows.net"),
            ("https://mine.blob.core.chinacloudapi.cn/data/x", "https://mine.dfs.core.chinacloudapi.cn"),
            ("azure://mine.z01.blob.storage.azure.net/data/x", "https://mine.z01.dfs.storage.azure.net"),
            ("azure://data/x, account: mine, endpoint: 'http://mine.blob.localhost:1'", "http://mine.dfs.localhost:1"),
            ("azure://data/x, account: mine, endpoint: 'https://mine.blob.example.org'", nil),
            ("azure://data/x, account: mine, endpoint: 'https://mine.blob.core.windows.net.example.org'", nil),
            ("azure://data/x, account: mine, endpoint: 'http://mine.blob.core.windows.net'", nil),
            ("azure://data/x, endpoint: 'http://127.0.0.1:10000/mine'", nil),
        ] as [(String, String?)])
    func theHostForTrees(source: String, tree: String?) throws {
        #expect(try place(source).tree.map { $0.text.hasSuffix("/") ? String($0.text.dropLast()) : $0.text } == tree)
    }

    /// That of a connection string, too.
    @Test func aConnectionString() throws {
        let own = try place("azure://data/x", ("mine", "https://mine.blob.core.windows.net/"))
        #expect(own.tree?.host == "mine.dfs.core.windows.net")
        #expect(try place("azure://data/x", ("mine", "https://mine.blob.example.org/")).tree == nil)
    }
}
