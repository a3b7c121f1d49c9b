import Foundation
import TestSupport
import Testing

/// Sources with nothing in them, and sources with a great deal.
@Suite(.over(.seaweedFS, .ceph, .google, .fakeGCS, .azure)) struct BucketListingTests {
    @Test func anEmptyBucketIsAWarning() async throws {
        let sandbox = try await BucketSandbox()
        for options in [["--dry-run"], []] {
            let finished = try await sandbox.start(sandbox.task(), options).end()
            #expect(finished.status == 0, "\(finished.output)")
            #expect(try Document(finished).diagnostics.contains { $0.hasPrefix("warning") && $0.contains("nothing") })
        }
        sandbox.expect([:] as [String: String])
    }

    @Test func aPrefixWithoutObjectsIsNotFound() async throws {
        let sandbox = try await BucketSandbox()
        try await sandbox.put(["data2/x": "x"] as [String: String])
        for source in ["data", "data/", "data2/x/"] {
            for options in [["--dry-run"], []] {
                let finished = try await sandbox.start(sandbox.task("\(sandbox.url)/\(source)"), options).end()
                #expect(finished.status == 66, "\(source): \(finished.output)")
                #expect(try Document(finished).diagnostics.contains { $0.hasPrefix("error not-found") })
            }
        }
        #expect(sandbox.files.names == [])
    }

    /// More than a page of them, flat and in folders: what is on the next page counts as well.
    @Test func thousandsOfKeys() async throws {
        let sandbox = try await BucketSandbox()
        var objects: [String: [UInt8]] = [:]
        for index in 0..<1200 { objects["flat/\(index)"] = Array("\(index)".utf8) }
        for index in 0..<1000 { objects["f\(index % 12)/g\(index % 7)/\(index)"] = [UInt8(index & 0xFF)] }
        try await sandbox.put(objects)
        let document = try await sandbox.succeed(sandbox.task())
        #expect(document.objects == ["total": 2200, "done": 2200, "skipped": 0])
        sandbox.expect(objects)
        #expect(try await sandbox.succeed(sandbox.task()).objects["skipped"] == 2200)
    }

    /// SeaweedFS walks a tree, in which `k/…` comes before `k!` and `k-`; that is not the order of the keys, and these are behind
    /// more than a page of others.
    @Test func keysInAnotherOrder() async throws {
        let sandbox = try await BucketSandbox()
        var objects: [String: [UInt8]] = [:]
        for index in 0..<1100 { objects["k/\(index + 1000)"] = [] }
        for key in ["k!", "k-", "k+/x", "k/1500!/y", "k0", "a", "l/x", "k/9"] { objects[key] = Array(key.utf8) }
        try await sandbox.put(objects)
        let document = try await sandbox.succeed(sandbox.task())
        #expect(document.objects["total"] == objects.count)
        sandbox.expect(objects)
    }

    /// The two are on different pages.
    @Test func anObjectWhereAFolderIsNeededOnAnotherPage() async throws {
        let sandbox = try await BucketSandbox(CephGateway.shared)
        var objects: [String: [UInt8]] = ["z": [1], "z/below": [2]]
        for index in 0..<1100 { objects["z!\(index)"] = [] }
        try await sandbox.put(objects)
        let document = try await sandbox.fail(73, sandbox.task())
        #expect(
            document.diagnostics.contains { $0.contains("`z`") && $0.contains("folder") }, "\(document.diagnostics)")
        #expect(sandbox.files.names == [])
    }
}
