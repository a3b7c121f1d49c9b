public import ObjectStore
import Platform

/// Asks a source two things, as a copy would: what is there, and one byte of it.
public struct SourceCheck: Sendable {
    /// What listing gave; nothing where there is nothing to list.
    public private(set) var listed: Listed?
    public private(set) var read: Read?
    /// What would stop a copy.
    public private(set) var failure: StoreError?

    public struct Listed: Sendable {
        /// On the first page.
        public var objects = 0
        public var hasMore = false
        /// Why it was refused. That is no failure where the object itself can be read.
        public var error: StoreError?
    }

    public struct Read: Sendable {
        public var key: ObjectKey
        /// One, but of an empty object.
        public var bytes = 0
        public var error: StoreError?
    }

    public init(_ asked: AskedSource) async {
        if case .file = asked.kind {
            await read(asked.key, asked)
            failure = read?.error
            return
        }
        var object: ObjectKey?
        var found: StoreError?
        if !asked.key.isEmpty, !asked.key.endsInSlash {
            do throws(StoreError) {
                object = try await asked.opened.store.stat(asked.key).key
            } catch {
                found = error
            }
        }
        // Who does not answer to the one question does not answer to the next.
        if let found, found.code == .unreachable {
            failure = found
            return
        }
        let first = await list(asked, orObject: object)
        if let key = object ?? first { await read(key, asked) }
        failure = verdict(asked, object: object, lookFailure: found)
    }

    /// Lists one page; the first of its objects that can be read.
    private mutating func list(_ asked: AskedSource, orObject object: ObjectKey?) async -> ObjectKey? {
        var listed = Listed()
        defer { self.listed = listed }
        do throws(StoreError) {
            let page = try await asked.opened.store.list(ListRequest(prefix: object ?? asked.prefix))
            let objects = page.objects.filter { object == nil || $0.key == object }
            listed.objects = objects.count
            listed.hasMore = object == nil && page.next != nil
            return objects.first { $0.size > 0 && !$0.isArchived }?.key ?? objects.first?.key
        } catch {
            listed.error = error
            return nil
        }
    }

    private mutating func read(_ key: ObjectKey, _ asked: AskedSource) async {
        var read = Read(key: key)
        do throws(StoreError) {
            read.bytes = try await asked.opened.store.read(
                key, ReadRange(from: 0, count: 1), of: nil, into: .bytes(limit: 1)
            ).count
        } catch {
            read.error = error
        }
        self.read = read
    }

    private func verdict(_ asked: AskedSource, object: ObjectKey?, lookFailure: StoreError?) -> StoreError? {
        if let error = read?.error { return error }
        if object != nil { return nil }
        // A look at the key that was refused says more than a listing that is refused as well.
        if let error = listed?.error { return lookFailure.flatMap { $0.code == .notFound ? nil : $0 } ?? error }
        guard listed?.objects == 0, !asked.prefix.isEmpty, listed?.hasMore == false else { return nil }
        // The object may well be there when looking at it is refused: nobody has said that it is not.
        if let lookFailure, lookFailure.code != .notFound { return lookFailure }
        return StoreError(.notFound, "there is no object `\(asked.key.shown)`, and nothing below it as a folder")
    }
}
