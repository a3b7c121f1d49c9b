import Glibc
import ObjectStore
import Platform
import Testing

@testable import MountFS

/// Folders that are read while names in them come and go, also names that only this mount knows.
struct FolderChangeTests {
    @Test func namesThatExistOnlyHere() async throws {
        let sandbox = try WritingSandbox(.close, ["d/b": "1", "d/d": "2"], bucket: .writable(pageSize: 1))
        let program = sandbox.program
        for name in ["d/a", "d/c", "d/e"] { _ = try await program.open(name, O_WRONLY | O_CREAT) }
        try await program.remove("d/b")
        let node = try await program.node("d")
        for room in [1, 2, 100] {
            let names = try await sandbox.mount.list(node, room: room).map(\.text).sorted()
            #expect(names == ["a", "c", "d", "e"])
        }
        let detailed = try await sandbox.mount.list(node, isDetailed: true)
        #expect(detailed.map(\.text).sorted() == ["a", "c", "d", "e"])
        #expect(try await sandbox.elsewhere().names("d") == ["d"])
    }

    @Test func positionsHoldAlsoBackwards() async throws {
        var objects: [String: String] = [:]
        for number in 10..<30 { objects["f\(number)"] = "" }
        let sandbox = try WritingSandbox(.close, objects, bucket: .writable(pageSize: 5))
        for number in 10..<20 { _ = try await sandbox.program.open("g\(number)", O_WRONLY | O_CREAT) }
        let handle = try await sandbox.mount.openFolder(.root)
        var names: [TestPage.Name] = []
        while true {
            let page = try await sandbox.mount.readFolder(.root, handle, after: names.last?.position ?? 0, room: 3)
            if page.isEmpty { break }
            names += page
        }
        #expect(Set(names.map(\.text)).count == 32 && names.count == 32)
        for index in stride(from: names.count - 1, through: 0, by: -3) {
            let page = try await sandbox.mount.readFolder(.root, handle, after: names[index].position)
            #expect(page.map(\.text) == names[(index + 1)...].map(\.text).prefix(page.count).map(\.self))
            #expect(!page.isEmpty || index == names.count - 1)
        }
        sandbox.mount.files.releaseFolder(.root, handle)
    }

    /// As `rm -r` does: nothing is left out because of what goes before it.
    @Test(arguments: [1, 2, 7, 100]) func removingWhatIsListed(room: Int) async throws {
        var objects: [String: String] = [:]
        for number in 10..<50 { objects["d/f\(number)"] = "" }
        let sandbox = try WritingSandbox(.close, objects, bucket: .writable(pageSize: 6))
        for number in 10..<20 {
            try await sandbox.program.close(try await sandbox.program.open("d/g\(number)", O_WRONLY | O_CREAT))
        }
        let node = try await sandbox.program.node("d")
        let handle = try await sandbox.mount.openFolder(node)
        var position: UInt64 = 0
        while true {
            let page = try await sandbox.mount.readFolder(node, handle, after: position, room: room)
            guard let last = page.last else { break }
            position = last.position
            for name in page where ![".", ".."].contains(name.text) {
                try await sandbox.program.remove("d/\(name.text)")
            }
        }
        sandbox.mount.files.releaseFolder(node, handle)
        #expect(try await sandbox.program.names("d") == [])
        try await sandbox.program.removeFolder("d")
        #expect(sandbox.bucket.keys == [])
    }

    /// What is there all the time is listed once, whatever comes and goes beside it.
    @Test func namesThatComeAndGo() async throws {
        var objects: [String: String] = [:]
        for number in 10..<50 { objects["f\(number)"] = "" }
        let sandbox = try WritingSandbox(.close, objects, bucket: .writable(pageSize: 4))
        let handle = try await sandbox.mount.openFolder(.root)
        var names: [TestPage.Name] = []
        var number = 0
        while true {
            let page = try await sandbox.mount.readFolder(.root, handle, after: names.last?.position ?? 0, room: 3)
            if page.isEmpty { break }
            names += page
            number += 1
            try await sandbox.program.save("x", as: "new\(number)")
            if number.isMultiple(of: 2), number < 20 { try await sandbox.program.remove("f\(10 + number)") }
        }
        sandbox.mount.files.releaseFolder(.root, handle)
        let texts = names.map(\.text)
        #expect(Set(texts).count == texts.count)
        for number in stride(from: 11, to: 50, by: 2) { #expect(texts.contains("f\(number)")) }
        for number in 30..<50 { #expect(texts.contains("f\(number)")) }
        // Read from its beginning again, it is what is there.
        let again = try await sandbox.program.names()
        #expect(again.count == 40 - sandbox.removed(of: objects) + number)
    }
}

extension WritingSandbox {
    fileprivate func removed(of objects: [String: String]) -> Int {
        objects.keys.count { bucket.objects[ObjectKey($0)] == nil }
    }
}
