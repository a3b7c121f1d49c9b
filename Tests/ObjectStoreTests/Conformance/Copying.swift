import ObjectStore
import Platform
import Testing

extension Conformance {
    static let copying: [Check] = [
        Check("a copy is an object of its own") { store in
            guard store.capabilities.serverCopy else { return }
            let source = try await store.put("a", "content")
            let copied = try await store.copy(CopySource("a", source), to: "b/c", nil, if: .always)
            #expect(try await store.text("b/c", of: copied.version) == "content")
            try await store.put("a", "other")
            #expect(try await store.text("b/c") == "content")
            await expectFailure(.changed) { () throws(StoreError) in
                try await store.copy(CopySource("a", source), to: "d", nil, if: .always)
            }
            await expectFailure(.notFound) { () throws(StoreError) in
                try await store.copy(CopySource("none"), to: "d", nil, if: .always)
            }
            #expect(try await store.listAll().keys == ["a", "b/c"])
        },
        Check("copies have conditions") { store in
            guard store.capabilities.serverCopy else { return }
            try await store.put("a", "a")
            let version = try await store.put("b", "b")
            guard store.capabilities.conditionalCopy else {
                return await expectFailure(.unsupported) { () throws(StoreError) in
                    try await store.copy(CopySource("a"), to: "b", nil, if: .ifAbsent)
                }
            }
            await expectFailure(.conditionFailed) { () throws(StoreError) in
                try await store.copy(CopySource("a"), to: "b", nil, if: .ifAbsent)
            }
            #expect(try await store.text("b") == "b")
            _ = try await store.copy(CopySource("a"), to: "b", nil, if: .ifVersion(version))
            #expect(try await store.text("b") == "a")
        },
        Check("renames, where there are any, happen in one step") { store in
            try await store.put("a", "a")
            guard store.capabilities.atomicRename != .none else {
                return await expectFailure(.unsupported) { () throws(StoreError) in
                    try await store.rename("a", to: "b", if: .always)
                }
            }
            let renamed = try await store.rename("a", to: "x/b", if: .ifAbsent)
            #expect(try await store.text("x/b", of: renamed.version) == "a")
            try await store.put("c", "c")
            await expectFailure(.conditionFailed) { () throws(StoreError) in
                try await store.rename("c", to: "x/b", if: .ifAbsent)
            }
            await expectFailure(.notFound) { () throws(StoreError) in
                try await store.rename("none", to: "x/b", if: .always)
            }
            _ = try await store.rename("c", to: "x/b", if: .always)
            #expect(try await store.text("x/b") == "c")
            #expect(try await store.listAll().keys == ["x/b"])
        },
        Check("folders are renamed with all that is in them") { store in
            guard store.capabilities.atomicRename == .objectsAndFolders else { return }
            for key: ObjectKey in ["a/b", "a/c/d", "a.b"] { try await store.put(key, key.shown) }
            _ = try await store.rename("a/", to: "z/", if: .ifAbsent)
            #expect(try await store.listAll().keys == ["a.b", "z/b", "z/c/d"])
            #expect(try await store.text("z/c/d") == "a/c/d")
        },
    ]

    static let deleting: [Check] = [
        Check("each deletion has its outcome") { store in
            for key: ObjectKey in ["a", "b/c", "d"] { try await store.put(key, "x") }
            let outcomes = try await store.delete(["a", "none", "b/c", "b/none/x"].map { Deletion($0) })
            #expect(outcomes.count == 4)
            for outcome in outcomes { #expect(throws: Never.self) { _ = try outcome.get() } }
            #expect(try await store.listAll().keys == ["d"])
            #expect(try await store.delete([]).isEmpty)
        },
        Check("a deletion can be held to a version") { store in
            guard store.capabilities.conditionalDelete else { return }
            let old = try await store.put("a", "1")
            let new = try await store.put("a", "2")
            let outcomes = try await store.delete([Deletion("a", ifVersion: old), Deletion("none", ifVersion: old)])
            for outcome in outcomes {
                let failure = #expect(throws: StoreError.self) { try outcome.get() }
                #expect(failure?.code == .conditionFailed)
            }
            #expect(try await store.text("a") == "2")
            let outcome = try await store.delete([Deletion("a", ifVersion: new)])
            #expect(throws: Never.self) { try outcome[0].get() }
            #expect(try await store.textIfAny("a") == nil)
        },
        Check("more deletions than a request holds") { store in
            let keys = (0..<1100).map { ObjectKey("k\($0)") }
            for key in keys.prefix(20) { try await store.put(key, "") }
            #expect(try await store.delete(keys.map { Deletion($0) }).count == keys.count)
            #expect(try await store.listAll().keys.isEmpty)
        },
    ]
}
