import Glibc
import ObjectStore
import Platform
import Testing

@testable import MountFS

/// What programs see when the store does not do what it should.
struct FailureTests {
    @Test func aStoreThatNeverAnswersIsAnError() async throws {
        let bucket = MemoryBucket()
        bucket.answerLate(milliseconds: 600_000)
        let mount = try TestMount(bucket) { $0.ioTimeout = TimeSpan(milliseconds: 50) }
        await #expect(throws: SystemError(code: EIO)) { try await mount.lookUp("a".utf8) }
        await #expect(throws: SystemError(code: EIO)) { try await mount.list() }
        #expect(mount.lines.all == ["a: no answer within 50ms"])
        bucket.answerLate(milliseconds: 0)
        #expect(try await mount.texts() == [])
    }

    @Test func whatPassesIsTriedAgain() async throws {
        let bucket = MemoryBucket()
        bucket.set("a", [1])
        let mount = try TestMount(bucket)
        bucket.fail { number, _ in number <= 2 ? StoreError(.throttled, "slow down") : nil }
        #expect(try await mount.lookUp("a".utf8)?.attributes.size == 1)
        bucket.fail { number, _ in number <= 1 ? StoreError(.unreachable, "nobody") : nil }
        #expect(try await mount.texts() == ["a"])
        #expect(mount.lines.all.isEmpty)
    }

    @Test(arguments: [StoreError.Code.denied, .noCredentials, .expiredCredentials])
    func aRefusalIsNoPermission(code: StoreError.Code) async throws {
        let bucket = MemoryBucket()
        bucket.fail { _, _ in StoreError(code, "refused: no permission") }
        let mount = try TestMount(bucket)
        await #expect(throws: SystemError(code: EACCES)) { try await mount.lookUp("a".utf8) }
        await #expect(throws: SystemError(code: EACCES)) { try await mount.list() }
        #expect(mount.lines.all == ["refused: no permission"])
    }

    @Test func whoMayOnlyLookOrOnlyListSeesFiles() async throws {
        let bucket = MemoryBucket()
        bucket.set("a", [1, 2])
        bucket.set("d/b", [3])
        for mayList in [true, false] {
            bucket.fail { _, call in
                switch call {
                case .list: mayList ? nil : StoreError(.denied, "no listing")
                default: mayList ? StoreError(.denied, "no looking") : nil
                }
            }
            let mount = try TestMount(bucket)
            let file = try #require(try await mount.lookUp("a".utf8)).attributes
            #expect(file.kind == .file && file.size == 2)
            mount.pass(milliseconds: 1001)
            #expect(try await mount.attributes(of: file.node).size == 2)
            if mayList {
                #expect(try await mount.lookUp("none".utf8) == nil)
                #expect(try await mount.find("d/b")?.attributes.size == 1)
            } else {
                await #expect(throws: SystemError(code: EACCES)) { try await mount.lookUp("d".utf8) }
            }
        }
    }

    /// A folder of its name may hide it, and a program that is shown the file believes it to be one.
    @Test func aFileIsNotShownWhileNobodyCanSayWhetherAFolderHidesIt() async throws {
        let bucket = MemoryBucket()
        bucket.set("a", [1, 2])
        bucket.set("a/b", [3])
        let mount = try TestMount(bucket) { $0.ioTimeout = TimeSpan(milliseconds: 50) }
        bucket.fail { _, call in
            if case .list = call { StoreError(.throttled, "slow down", isRetryable: true) } else { nil }
        }
        await #expect(throws: SystemError(code: EIO)) { try await mount.lookUp("a".utf8) }
        bucket.fail(nil)
        #expect(try await mount.lookUp("a".utf8)?.attributes.kind == .folder)
    }

    @Test func aBucketThatIsGoneHasNothing() async throws {
        let bucket = MemoryBucket()
        bucket.set("a", [1])
        let mount = try TestMount(bucket)
        let node = try #require(try await mount.lookUp("a".utf8)).attributes.node
        bucket.fail { _, _ in StoreError(.notFound, "there is no bucket b") }
        mount.pass(milliseconds: 1001)
        await #expect(throws: SystemError.stale) { try await mount.attributes(of: node) }
        await #expect(throws: SystemError.notThere) { try await mount.lookUp("a".utf8) }
        // Programs would take ENOENT for the end of the folder.
        await #expect(throws: SystemError.stale) { try await mount.list() }
        #expect(mount.lines.all == ["there is no bucket b"])
    }

    @Test func failuresOfOneSortAreToldOnceInTenSeconds() async throws {
        let bucket = MemoryBucket()
        bucket.fail { _, call in StoreError(.denied, "\(call)") }
        let mount = try TestMount(bucket)
        for number in 0..<5 {
            await #expect(throws: SystemError(code: EACCES)) { try await mount.lookUp("a\(number)".utf8) }
        }
        #expect(mount.lines.all.count == 1)
        mount.pass(milliseconds: 10_000)
        await #expect(throws: SystemError(code: EACCES)) { try await mount.lookUp("b".utf8) }
        #expect(mount.lines.all.last?.contains(" more like it)") == true)
    }

    /// Each request has another name; the failure is the same.
    @Test func theRequestIsNamedAndTheFailureToldOnce() async throws {
        let bucket = MemoryBucket()
        bucket.fail { number, _ in StoreError(.denied, "refused", requestID: "R\(number)") }
        let mount = try TestMount(bucket)
        for number in 0..<5 {
            await #expect(throws: SystemError(code: EACCES)) { try await mount.lookUp("a\(number)".utf8) }
        }
        #expect(mount.lines.all.count == 1)
        #expect(mount.lines.all.first?.hasPrefix("refused (request R") == true, "\(mount.lines.all)")
    }

    @Test func aListingThatFailsInTheMiddleGoesOnLater() async throws {
        let bucket = MemoryBucket(pageSize: 10)
        for number in 10..<50 { bucket.set(ObjectKey("f\(number)")) }
        let mount = try TestMount(bucket) { $0.pagesAhead = 0 }
        bucket.fail { number, _ in number == 3 ? StoreError(.inputOutput, "broken") : nil }
        let handle = try await mount.openFolder(.root)
        var names: [TestPage.Name] = []
        var failures = 0
        while true {
            do throws(SystemError) {
                let page = try await mount.readFolder(.root, handle, after: names.last?.position ?? 0, room: 7)
                if page.isEmpty { break }
                names += page
            } catch {
                #expect(error.code == EIO)
                failures += 1
            }
        }
        #expect(failures == 1 && names.map(\.text) == [".", ".."] + (10..<50).map { "f\($0)" })
    }

    @Test func whatDidNotArriveIsNotHeld() async throws {
        let bucket = MemoryBucket()
        bucket.set("a")
        bucket.set("b")
        let mount = try TestMount(bucket)
        for _ in 0..<2 {
            _ = try await answer(arrives: false) { (reply: Reply<Lookup>) in
                Array("a".utf8).withUnsafeBytes { mount.files.lookUp($0, in: .root, reply) }
            }
            let handle = try await mount.openFolder(.root)
            let page = TestPage(room: 10, isDetailed: true)
            try await answer(arrives: false) { (reply: Reply<Void>) in
                mount.files.readFolder(.root, handle, after: 0, into: page, reply)
            }
            #expect(page.names.count == 4)
        }
        // The answer is told before the node is given back.
        while mount.tree.heldNodes > 1 { await Task.yield() }
    }

    @Test func writingIsRefused() async throws {
        let bucket = MemoryBucket()
        bucket.set("a")
        let mount = try TestMount(bucket)
        let node = try #require(try await mount.lookUp("a".utf8)).attributes.node
        for flags in [O_WRONLY, O_RDWR, O_RDONLY | O_TRUNC] {
            await #expect(throws: SystemError.readOnly) {
                _ = try await answer { mount.files.open(node, Access(flags: flags), by: .test, $0) }
            }
        }
        await #expect(throws: SystemError.readOnly) {
            try await answer { (reply: Reply<Void>) in
                Array("a".utf8).withUnsafeBytes { mount.files.remove($0, in: .root, reply) }
            }
        }
        await #expect(throws: SystemError.readOnly) {
            _ = try await answer { mount.files.change(AttributeChanges(), of: node, nil, $0) }
        }
    }
}
