public import ObjectStore
import Platform

/// What a source holds, one level of it: objects, and groups of objects whose keys go on behind a slash. Page after page, so
/// that a bucket of any size takes the memory of one.
public struct SourceEntries: Sendable {
    public enum Entry: Sendable {
        case object(ObjectInfo)
        case prefix(ObjectKey)

        public var key: ObjectKey {
            switch self {
            case .object(let object): object.key
            case .prefix(let key): key
            }
        }
    }

    private let asked: AskedSource

    public init(_ asked: AskedSource) {
        self.asked = asked
    }

    /// The next entries, in the order of their keys; nothing behind the last. Begin with an empty position.
    public func page(_ position: inout Position) async throws(StoreError) -> [Entry]? {
        guard !position.isDone else { return nil }
        if !position.hasBegun {
            position.hasBegun = true
            if let object = try await single(&position) {
                position.isDone = true
                return [.object(object)]
            }
        }
        let page = try await asked.opened.store.list(
            ListRequest(prefix: asked.prefix, grouping: .bySlash, continuation: position.next))
        position.next = page.next
        position.isDone = page.next == nil
        let entries = page.objects.map(Entry.object) + page.prefixes.map(Entry.prefix)
        position.count += entries.count
        guard position.count > 0 || !position.isDone || asked.prefix.isEmpty else {
            // The object may well be there when looking at it is refused: nobody has said that it is not.
            throw position.refusal
                ?? StoreError(.notFound, "there is no object `\(asked.key.shown)`, and nothing below it as a folder")
        }
        return entries.sorted { $0.key < $1.key }
    }

    public struct Position: Sendable {
        fileprivate var next: ContinuationToken?
        fileprivate var hasBegun = false
        fileprivate var isDone = false
        fileprivate var count = 0
        /// Why the source's very key could not be looked at.
        fileprivate var refusal: StoreError?

        public init() {}
    }

    /// The object of the source's very key, where there is one. Who may list and not look learns from the listing.
    private func single(_ position: inout Position) async throws(StoreError) -> ObjectInfo? {
        guard !asked.key.isEmpty, !asked.key.endsInSlash else { return nil }
        do throws(StoreError) {
            return try await asked.opened.store.stat(asked.key)
        } catch {
            guard case .tree = asked.kind, [.notFound, .denied].contains(error.code) else { throw error }
            if error.code == .denied { position.refusal = error }
            return nil
        }
    }

    /// The name of an entry as it is shown: without the prefix that all have in common.
    public func name(of entry: Entry) -> ObjectKey {
        let bytes = entry.key.bytes
        guard entry.key != asked.key || asked.key.endsInSlash else {
            return ObjectKey(bytes[(bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...])
        }
        return ObjectKey(bytes.dropFirst(asked.prefix.bytes.count))
    }
}
