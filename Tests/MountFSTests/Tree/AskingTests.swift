import Glibc
import ObjectStore
import Platform
import Synchronization
import Testing

@testable import MountFS

/// What the store is asked, and how often.
struct AskingTests {
    @Test func oneNameCostsTwoRequestsAtOnceAndIsBelieved() async throws {
        let bucket = MemoryBucket()
        bucket.set("a", [1])
        let mount = try TestMount(bucket)
        for name in ["a", "none"] {
            mount.pass(milliseconds: 1001)
            let isThere = try await mount.lookUp(name.utf8) != nil
            #expect(isThere == (name == "a"))
            let key = ObjectKey(name)
            #expect(Set(bucket.takeCalls()) == [.stat(key), .list(prefix: key + "/")])
            mount.pass(milliseconds: 999)
            _ = try await mount.lookUp(name.utf8)
            #expect(bucket.takeCalls().isEmpty)
        }
    }

    @Test func aFolderWithAnObjectOfItsOwnCostsOneMore() async throws {
        let bucket = MemoryBucket()
        bucket.set("plain/a")
        bucket.set("own/")
        bucket.set("own/a")
        let mount = try TestMount(bucket)
        for (name, isOwn) in [("plain", false), ("own", true)] {
            mount.pass(milliseconds: 1001)
            #expect(try await mount.lookUp(name.utf8)?.attributes.kind == .folder)
            let (key, folder) = (ObjectKey(name), ObjectKey(name + "/"))
            let calls = bucket.takeCalls()
            #expect(Set(calls) == Set([.stat(key), .list(prefix: folder)] + (isOwn ? [.stat(folder)] : [])))
            #expect(calls.count == (isOwn ? 3 : 2))
        }
    }

    @Test func whatIsToldIsBelievedForWhatIsLeft() async throws {
        let bucket = MemoryBucket()
        bucket.set("a")
        let mount = try TestMount(bucket)
        _ = try await mount.lookUp("a".utf8)
        mount.pass(milliseconds: 400)
        let entry = try #require(try await mount.lookUp("a".utf8))
        #expect(entry.validity.milliseconds == 600 && entry.attributes.validity.milliseconds == 600)
    }

    @Test func aListingAnswersForItsNames() async throws {
        let bucket = MemoryBucket()
        for number in 0..<50 { bucket.set(ObjectKey("d/f\(number)")) }
        let mount = try TestMount(bucket)
        let folder = try #require(try await mount.find("d")).attributes.node
        _ = try await mount.list(folder)
        _ = bucket.takeCalls()
        for number in 0..<50 { #expect(try await mount.lookUp("f\(number)".utf8, in: folder) != nil) }
        #expect(try await mount.lookUp("none".utf8, in: folder) == nil)
        #expect(bucket.takeCalls().isEmpty)
    }

    @Test func namesOfOneFolderInAMomentAreListed() async throws {
        let bucket = MemoryBucket()
        for number in 100..<500 { bucket.set(ObjectKey("d/f\(number)")) }
        let mount = try TestMount(bucket)
        let folder = try #require(try await mount.find("d")).attributes.node
        for number in 100..<500 { #expect(try await mount.lookUp("f\(number)".utf8, in: folder) != nil) }
        // The first name by itself, the second with a listing, which has all others.
        #expect(bucket.takeCalls().count == 6)
    }

    @Test func aLargeFolderIsListedFromTheNameOnThatIsWanted() async throws {
        let bucket = MemoryBucket(pageSize: 100)
        for number in 10_000..<15_000 { bucket.set(ObjectKey("d/f\(number)")) }
        let mount = try TestMount(bucket)
        let folder = try #require(try await mount.find("d")).attributes.node
        for number in 13_000..<14_000 { #expect(try await mount.lookUp("f\(number)".utf8, in: folder) != nil) }
        // Two for each hundred names, and a few to begin with.
        #expect(bucket.takeCalls().count < 35)
    }

    @Test func namesTakenHereAndThereAreAskedForSingly() async throws {
        let bucket = MemoryBucket(pageSize: 100)
        for number in 10_000..<15_000 { bucket.set(ObjectKey("d/f\(number)")) }
        let mount = try TestMount(bucket)
        let folder = try #require(try await mount.find("d")).attributes.node
        _ = bucket.takeCalls()
        for step in 0..<640 {
            let number = 10_000 + step * 1009 % 5000
            #expect(try await mount.lookUp("f\(number)".utf8, in: folder) != nil)
            mount.pass(milliseconds: 20)
        }
        let pages = bucket.takeCalls().count { $0 == .list(prefix: "d/") }
        #expect(pages > 0 && pages <= 640 / 32 + 3)
    }

    @Test func whoWantsTheSameSharesARequest() async throws {
        let bucket = MemoryBucket()
        bucket.set("a", [1])
        let mount = try TestMount(bucket)
        bucket.halt()
        let found = try await withThrowingTaskGroup(of: Entry?.self) { group in
            for _ in 0..<64 { group.addTask { try await mount.lookUp("a".utf8) } }
            while mount.tree.state.withLock({ $0.questions.values.first?.count }) != 64 { await Task.yield() }
            bucket.goOn()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(found.count == 64 && Set(found.map { $0?.attributes.node }).count == 1)
        #expect(bucket.takeCalls().count == 2)
        mount.files.forget(found[0]!.attributes.node, count: 63)
        #expect(mount.tree.heldNodes == 2)
        mount.files.forget(found[0]!.attributes.node, count: 1)
        #expect(mount.tree.heldNodes == 1)
    }

    @Test func attributesOfAFileCostOneRequestWhenTheyAreOld() async throws {
        let bucket = MemoryBucket()
        bucket.set("a", [1])
        let mount = try TestMount(bucket)
        let node = try #require(try await mount.lookUp("a".utf8)).attributes.node
        mount.pass(milliseconds: 1001)
        bucket.set("a", [1, 2, 3])
        _ = bucket.takeCalls()
        #expect(try await mount.attributes(of: node).size == 3)
        #expect(try await mount.attributes(of: node).size == 3)
        #expect(bucket.takeCalls() == [.stat("a")])
    }

    @Test func theRootIsNeverAskedFor() async throws {
        let bucket = MemoryBucket()
        let mount = try TestMount(bucket)
        #expect(try await mount.attributes(of: .root).kind == .folder)
        #expect(bucket.takeCalls().isEmpty)
    }

    @Test func aDetailedWalkCostsOneListingOfEachFolder() async throws {
        let bucket = MemoryBucket()
        for folder in 0..<100 { for file in 0..<200 { bucket.set(ObjectKey("d\(folder)/f\(file)"), [1]) } }
        let mount = try TestMount(bucket)
        for round in 1...2 {
            var count = 0
            for folder in try await mount.list(isDetailed: true) {
                count += try await mount.list(folder.entry.attributes.node, isDetailed: true).count
            }
            #expect(count == 20_000)
            // Again within a second costs nothing.
            #expect(bucket.takeCalls().count == (round == 1 ? 101 : 0))
        }
    }

    @Test func littleIsKeptOfNodesThatNobodyAsksFor() async throws {
        let bucket = MemoryBucket()
        for number in 10_000..<60_000 { bucket.set(ObjectKey("f\(number)")) }
        bucket.set("kept", [1])
        let mount = try TestMount(bucket)
        let kept = try #require(try await mount.lookUp("kept".utf8)).attributes.node
        #expect(try await mount.read(kept) == [1])
        let handle = try await mount.openFolder(.root)
        var position: UInt64 = 0
        while let last = try await mount.readFolder(.root, handle, after: position, room: 500, isDetailed: true).last {
            position = last.position
            mount.pass(milliseconds: 100)
        }
        #expect(mount.tree.heldNodes == 50_002)
        #expect(mount.tree.state.withLock { $0.nodes.factCount } < 30_000)
        // What the kernel's cache holds is known still.
        let open = try await answer { mount.files.open(kept, Access(flags: O_RDONLY), by: .test, $0) }
        #expect(open.caching == .kept)
    }

    @Test func anotherNodeWhenTheKindHasChanged() async throws {
        let bucket = MemoryBucket()
        bucket.set("a", [1])
        let mount = try TestMount(bucket)
        let file = try #require(try await mount.lookUp("a".utf8)).attributes.node
        bucket.set("a/b")
        mount.pass(milliseconds: 1001)
        let folder = try #require(try await mount.lookUp("a".utf8)).attributes
        #expect(folder.kind == .folder && folder.node != file)
        await #expect(throws: SystemError.stale) { try await mount.attributes(of: file) }
        bucket.remove("a/b")
        mount.pass(milliseconds: 1001)
        let again = try #require(try await mount.lookUp("a".utf8)).attributes
        #expect(again.kind == .file && ![file, folder.node].contains(again.node))
    }

    @Test func aFileThatBecomesALinkIsAnotherNode() async throws {
        let bucket = MemoryBucket()
        let link = ["mode": TreeModel.Object.linkMode]
        bucket.set("a", [1])
        let mount = try TestMount(bucket)
        var node = try #require(try await mount.lookUp("a".utf8)).attributes.node
        for (metadata, kind) in [(link, FileEntry.Kind.link), ([:], .file), (link, .link)] {
            bucket.set("a", Array("target\(kind)".utf8), metadata: metadata)
            mount.pass(milliseconds: 1001)
            await #expect(throws: SystemError.stale) { try await mount.attributes(of: node) }
            let next = try #require(try await mount.lookUp("a".utf8)).attributes
            #expect(next.kind == kind && next.node != node)
            node = next.node
        }
        #expect(try await answer { mount.files.target(ofLink: node, $0) } == Array("targetlink".utf8))
    }

    @Test func aFileThatCameBackIsTheSameNodeWhileItIsHeld() async throws {
        let bucket = MemoryBucket()
        bucket.set("a", [1])
        let mount = try TestMount(bucket)
        let node = try #require(try await mount.lookUp("a".utf8)).attributes.node
        bucket.set("a", [1, 2])
        mount.pass(milliseconds: 1001)
        let changed = try #require(try await mount.lookUp("a".utf8)).attributes
        #expect(changed.node == node && changed.size == 2)
        mount.files.forget(node, count: 2)
        mount.pass(milliseconds: 1001)
        #expect(try await mount.lookUp("a".utf8)?.attributes.node != node)
        await #expect(throws: SystemError.stale) { try await mount.attributes(of: node) }
    }
}
