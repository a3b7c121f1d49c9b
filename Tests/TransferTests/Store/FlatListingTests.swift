import ObjectStore
import Plan
import Platform
import TaskFile
import TestSupport
import Testing

/// Folders of more keys than a page has: how far the pages behind go is guessed, and they are listed side by side.
struct FlatListingTests {
    private struct Listed {
        /// Sorted, so that what came twice is there twice.
        var keys: [String]
        var problems: [Diagnostic]
    }

    private func list(_ store: MemoryStore) throws -> Listed {
        let preflight = try StoreSandbox(store).preflight()
        var keys: [String] = []
        for source in preflight.mounts.first?.sources ?? [] {
            var items = source.items
            while let item = try items.next() { keys.append(item.path.text) }
        }
        return Listed(keys: keys.sorted(), problems: preflight.diagnostics)
    }

    private func store(
        _ keys: some Sequence<String>, pageSize: Int, milliseconds: Int = 0, claimsOrder: Bool = true,
        fromAnywhere: Bool = true
    ) -> MemoryStore {
        let store = MemoryStore(
            pageSize: pageSize, claimsOrder: claimsOrder, listsFromAnywhere: fromAnywhere,
            listMilliseconds: milliseconds)
        for key in keys { store.set(ObjectKey(key), []) }
        return store
    }

    private static func padded(_ number: Int, _ places: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, places - text.count)) + text
    }

    /// Five pages: the four behind the first come at once.
    @Test func numberedFiles() throws {
        let all = (0..<250).map { "img-\(Self.padded($0, 5)).jpg" }
        let far = store(all, pageSize: 50, milliseconds: 100)
        #expect(try list(far).keys == all)
        #expect(far.mostListsAtOnce > 4)
        #expect(far.lists.count <= 10, "\(far.lists.map { "\($0.after?.shown ?? "-") \($0.continuation != nil)" })")
    }

    /// As many requests as pages and some more, whatever the keys look like; each key once.
    @Test(arguments: [
        "padded", "unpadded", "hexadecimal", "digests", "letters", "base64", "folders", "dates", "words", "steps",
    ])
    func keysOfManyKinds(kind: String) throws {
        var generator = SeededGenerator(seed: 11)
        func random(_ letters: String, _ count: Int) -> String {
            String((0..<count).map { _ in letters.randomElement(using: &generator)! })
        }
        let digits = "0123456789"
        let hexadecimal = digits + "abcdef"
        let letters = "abcdefghijklmnopqrstuvwxyz"
        for count in [120, 1200] {
            let keys = (0..<count).map { index in
                switch kind {
                case "padded": "train/\(Self.padded(index * 3, 8)).jpg"
                case "unpadded": "\(index)"
                case "hexadecimal": "x_" + String(index + 0x0F0, radix: 16) + ".bin"
                case "digests": random(hexadecimal, 40)
                case "letters": random(letters, 6)
                case "base64": random(letters + letters.uppercased() + digits + "-_", 11)
                case "folders": "\(Self.padded(index / 3, 6))/\(index % 3).txt"
                case "dates": "log-2026-\(Self.padded(index / 100 % 12 + 1, 2))-\(Self.padded(index % 100, 2))-\(index)"
                case "words": ["ant", "bee", "cat", "ü", "!", "Z"].randomElement(using: &generator)! + " \(index)"
                default: "step=\(index * index)/model"
                }
            }
            let all = Set(keys).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            let bucket = store(all, pageSize: 20, milliseconds: 1)
            #expect(try list(bucket).keys == all.sorted())
            let pages = all.count / 20
            #expect(bucket.lists.count <= 3 * pages + 30, "\(kind): \(bucket.lists.count) for \(pages) pages")
            #expect(bucket.mostListsAtOnce <= 16)
            // Page after page where a page costs all that is before it.
            let slow = store(all, pageSize: 20, fromAnywhere: false)
            #expect(try list(slow).keys == all.sorted())
            #expect(slow.lists.count <= pages + 30, "\(kind): \(slow.lists.count) for \(pages) pages")
        }
    }

    /// A file in one share and what would be below it in another one: found whatever the shares are, and nothing else is.
    @Test func filesThatAreNeededAsFolders() throws {
        var generator = SeededGenerator(seed: 23)
        var conflicts = 0
        for round in 0..<300 {
            var all: Set<String> = []
            let ends = ["", "", ".x", "!", "-1", "/a", "/b/c"]
            let head = round % 2 == 0 ? "" : "d/"
            for _ in 0..<Int.random(in: 20...80, using: &generator) {
                all.insert(
                    head + "n" + String(Int.random(in: 0..<60, using: &generator))
                        + (round % 3 == 0 ? "" : ends.randomElement(using: &generator)!))
            }
            if round % 3 == 0, let file = all.randomElement(using: &generator) { all.insert(file + "/below") }
            let isInTheWay = all.contains { file in all.contains { $0.hasPrefix(file + "/") } }
            if isInTheWay { conflicts += 1 }
            let pageSize = Int.random(in: 2...7, using: &generator)
            let listed = try list(store(all, pageSize: pageSize))
            let errors = listed.problems.filter { $0.severity == .error }
            #expect(errors.isEmpty != isInTheWay, "\(all.sorted()) in pages of \(pageSize): \(errors)")
            #expect(errors.allSatisfy { $0.code == .destinationDenied })
            if !isInTheWay { #expect(listed.keys == all.sorted(), "in pages of \(pageSize)") }
        }
        #expect(conflicts > 20 && conflicts < 280)
    }

    /// What is left out needs no folder, on whatever page it is.
    @Test(arguments: [3, 20, 1000]) func whatIsExcludedIsNotInTheWay(pageSize: Int) throws {
        var all = (0..<60).map { "logs/\(Self.padded($0, 3))" } + (0..<60).map { "logs-\(Self.padded($0, 3))" }
        all += ["logs", "a/b", "z/y"]
        let sandbox = try StoreSandbox(store(all, pageSize: pageSize))
        #expect(try sandbox.preflight("s3://bucket-1", "exclude: ['logs/**']").refused.isEmpty)
        #expect(try sandbox.preflight().refused.map(\.reason.code) == [.destinationDenied])
    }

    /// What is needed as a folder by a file that was listed beside groups.
    @Test func aFileBesideGroupsBehindABorder() throws {
        var all = ["a", "a/z"] + (0..<60).map { "a/n\(Self.padded($0, 3))" }
        all += (0..<40).map { "a/o/\(Self.padded($0, 2))" }
        for pageSize in 2...30 {
            let sandbox = try StoreSandbox(store(all, pageSize: pageSize))
            let refused = try sandbox.preflight("s3://bucket-1", "exclude: ['a/n*', 'a/o/**']").refused
            #expect(refused.map(\.reason.code) == [.destinationDenied], "in pages of \(pageSize)")
        }
    }

    /// A server may answer with nothing and go on all the same; what is behind a border comes once.
    @Test func emptyPagesBeforeOthers() throws {
        var all =
            (0..<200).map { "data/\(Self.padded($0, 4))/x" } + (0..<200).map { "data/\(Self.padded($0, 4))" + "-y" }
        all += (0..<300).map { "img-\(Self.padded($0, 4))" }
        let bucket = MemoryStore(pageSize: 20, emptyPages: true)
        for key in all { bucket.set(ObjectKey(key), []) }
        #expect(try list(bucket).keys == all.sorted())
    }

    /// What is guessed wrong ends soon: folders that each begin to count anew.
    @Test func guessesThatDoNotPay() throws {
        let all = (0..<400).map { "\(Self.padded($0 / 25, 2))-\(["q", "k", "Z"][$0 % 3])\(Self.padded($0 % 25, 9))" }
            .sorted()
        let bucket = store(all, pageSize: 20)
        #expect(try list(bucket).keys == all)
        #expect(bucket.lists.count < 70, "\(bucket.lists.count)")
    }
}
