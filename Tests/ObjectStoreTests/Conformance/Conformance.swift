import ObjectStore
import Platform
import Testing

/// What every store must do, said against the protocol alone. Each check gets an empty store of its own. What a store
/// lacks by its capabilities it must refuse: the checks look at both.
enum Conformance {
    struct Check: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let run: @Sendable (any ObjectStore) async throws -> Void

        init(_ description: String, _ run: @escaping @Sendable (any ObjectStore) async throws -> Void) {
            testDescription = description
            self.run = run
        }
    }

    static let checks = listing + reading + writing + conditions + parts + copying + deleting
}

/// The code of the error that an operation must throw.
func expectFailure(
    _ code: StoreError.Code, sourceLocation: SourceLocation = #_sourceLocation,
    _ operation: () async throws(StoreError) -> some Any
) async {
    do throws(StoreError) {
        _ = try await operation()
        Issue.record("should have failed: \(code)", sourceLocation: sourceLocation)
    } catch {
        #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
        #expect(!error.message.isEmpty, sourceLocation: sourceLocation)
    }
}

struct Listing: Equatable {
    var keys: [String] = []
    var prefixes: [String] = []
    var pages = 0
}

extension ObjectStore {
    @discardableResult
    func put(
        _ key: ObjectKey, _ text: String, if condition: WriteCondition = .always
    ) async throws(StoreError) -> ObjectVersion {
        try await put(key, .bytes(Array(text.utf8)), PutOptions(if: condition)).version
    }

    func text(
        _ key: ObjectKey, _ range: ReadRange = .whole, of version: ObjectVersion? = nil
    ) async throws(StoreError) -> String {
        let result = try await read(key, range, of: version, into: .bytes(limit: 1 << 20))
        return String(decoding: result.bytes, as: UTF8.self)
    }

    /// Nothing when nothing is there.
    func textIfAny(_ key: ObjectKey) async throws(StoreError) -> String? {
        do throws(StoreError) {
            return try await text(key)
        } catch  where error.code == .notFound {
            return nil
        }
    }

    /// All pages; what must hold of every listing is checked here.
    func listAll(
        _ prefix: ObjectKey = "", _ grouping: ListRequest.Grouping = .none, after: ObjectKey? = nil, limit: Int? = nil
    ) async throws -> Listing {
        var request = ListRequest(prefix: prefix, grouping: grouping, after: after, limit: limit)
        var listing = Listing()
        var last: ObjectKey?
        let isOrdered = capabilities.listsInOrder
        repeat {
            let page = try await list(request)
            let keys = (page.objects.map(\.key) + page.prefixes).sorted()
            #expect(keys.count <= limit ?? .max)
            if isOrdered {
                #expect(page.objects.map(\.key) == page.objects.map(\.key).sorted())
                #expect(page.prefixes == page.prefixes.sorted())
            }
            #expect(keys.allSatisfy { $0.hasPrefix(prefix) })
            if isOrdered, let last, let first = keys.first { #expect(last < first, "pages overlap") }
            last = keys.last ?? last
            listing.keys += page.objects.map(\.key.shown)
            listing.prefixes += page.prefixes.map(\.shown)
            listing.pages += 1
            try #require(page.next == nil || page.next != request.continuation, "goes on where it was")
            request.continuation = page.next
        } while request.continuation != nil
        if !isOrdered {
            listing.keys.sort { ObjectKey($0) < ObjectKey($1) }
            listing.prefixes.sort { ObjectKey($0) < ObjectKey($1) }
        }
        return listing
    }
}
