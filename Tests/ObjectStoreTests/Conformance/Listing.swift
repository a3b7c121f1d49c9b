import ObjectStore
import Platform
import Testing

extension Conformance {
    /// `/` stands between `.` and `0`: a walk through a tree in the order of its names gets these wrong.
    private static let tricky: [ObjectKey] = [
        "a!", "a-b/x", "a.b", "a/b", "a/b.c", "a/b0", "a/c/d", "a/c.d/e", "a0", "aa/a", "b", "é/ü", "z",
    ]

    static let listing: [Check] = [
        Check("an empty store lists nothing") { store in
            let all = try await store.listAll()
            let grouped = try await store.listAll("none/", .bySlash)
            #expect(all == Listing(pages: 1) && grouped == all)
        },
        Check("keys come in the order of their bytes, whatever the page") { store in
            for key in tricky.shuffled() { try await store.put(key, "x") }
            let all = tricky.sorted().map(\.shown)
            for limit in [1, 2, 3, 5, all.count, 1000] {
                #expect(try await store.listAll(limit: limit).keys == all)
            }
        },
        Check("a listing starts behind any key, there or not") { store in
            for key in tricky { try await store.put(key, "x") }
            let starts: [ObjectKey] = [
                "", "0", "a", "a.", "a.b", "a/", "a/b", "a/c", "a/c/z", "a0", "aa", "y", "z", "zz",
            ]
            for start in starts + tricky {
                let rest = tricky.filter { $0 > start }.sorted().map(\.shown)
                #expect(try await store.listAll(after: start).keys == rest)
                #expect(try await store.listAll(after: start, limit: 2).keys == rest)
            }
        },
        Check("a prefix is a beginning, not a folder") { store in
            for key in tricky { try await store.put(key, "x") }
            for prefix in ["", "a", "a/", "a/b", "a/b.", "a/c", "a/c/", "a/c/d", "b", "b/", "é", "none", "a//"] {
                let prefix = ObjectKey(prefix)
                let expected = tricky.filter { $0.hasPrefix(prefix) }.sorted().map(\.shown)
                #expect(try await store.listAll(prefix).keys == expected)
                #expect(try await store.listAll(prefix, limit: 2).keys == expected)
            }
        },
        Check("keys are grouped by the next slash, each group once") { store in
            for key in tricky { try await store.put(key, "x") }
            for limit in [1, 2, 3, 1000] {
                let top = try await store.listAll("", .bySlash, limit: limit)
                #expect(top.keys == ["a!", "a.b", "a0", "b", "z"])
                #expect(top.prefixes == ["a-b/", "a/", "aa/", "é/"])
                let inner = try await store.listAll("a/", .bySlash, limit: limit)
                #expect(inner.keys == ["a/b", "a/b.c", "a/b0"])
                #expect(inner.prefixes == ["a/c.d/", "a/c/"])
                let partial = try await store.listAll("a/c", .bySlash, limit: limit)
                #expect(partial.keys.isEmpty)
                #expect(partial.prefixes == ["a/c.d/", "a/c/"])
            }
        },
        Check("a grouped listing starts behind a key") { store in
            for key in tricky { try await store.put(key, "x") }
            let rest = try await store.listAll("", .bySlash, after: "a0")
            #expect(rest.keys == ["b", "z"])
            #expect(rest.prefixes == ["aa/", "é/"])
        },
        Check("listings know size, version and time") { store in
            let version = try await store.put("a", "12345")
            let listed = try #require(try await store.list(ListRequest()).objects.first)
            let asked = try await store.stat("a")
            #expect(listed.size == 5 && asked.size == 5)
            #expect(listed.version == version && asked.version == version)
            #expect(listed.modified.seconds == asked.modified.seconds && asked.modified.seconds > 1_700_000_000)
            #expect(listed.kind == .file && !listed.isArchived)
        },
        Check("more keys than a page holds") { store in
            let keys = (0..<50).map { "k/\($0 / 10)/\($0)" }
            for key in keys { try await store.put(ObjectKey(key), "x") }
            let listing = try await store.listAll("k/", limit: 7)
            #expect(listing.keys == keys.sorted { ObjectKey($0) < ObjectKey($1) })
            #expect(listing.pages >= 8)
        },
    ]
}
