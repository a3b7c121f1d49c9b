import Glibc
import Platform

/// A walk through the tree that makes one page of a listing.
///
/// Keys are in the order of their bytes if each folder's names are sorted with a slash behind those of folders: `a.b`,
/// then all of `a/`, then `a0`. So only the folders on the way to the page's first key, and those the page's keys are
/// in, are read. One folder is open at a time, however deep the tree, and of each folder no more names are kept than
/// the page can hold.
struct LocalListing {
    private let tree: LocalTree
    private let request: ListRequest
    private let start: Start
    private let limit: Int
    private let cancellation: Cancellation
    private var levels: [Level] = []
    private var page = ListPage()

    private struct Start {
        var key: ObjectKey
        /// A group that was listed is not listed again when the listing goes on behind it.
        var isContinuation: Bool
    }

    /// A folder that the walk is in.
    private struct Level {
        var prefix: ObjectKey
        /// What is still to come, the next one last.
        var rest: [Item]
        /// There is more behind the rest.
        var isCut: Bool
        /// Closed while the walk is further down.
        var folder: SharedDescriptor?

        var isDone: Bool { rest.isEmpty && !isCut }
    }

    private struct Item {
        /// Ends in a slash if it is a folder's.
        var name: ObjectKey
        var kind: FileEntry.Kind?
    }

    init(_ tree: LocalTree, _ request: ListRequest, pageLimit: Int, _ cancellation: Cancellation) {
        self.tree = tree
        self.request = request
        self.cancellation = cancellation
        limit = max(1, min(request.limit ?? pageLimit, pageLimit))
        start =
            request.continuation.map { Start(key: ObjectKey($0.bytes), isContinuation: true) }
            ?? Start(key: request.after ?? "", isContinuation: false)
    }

    private var room: Int { limit - page.objects.count - page.prefixes.count }

    mutating func run() throws(StoreError) -> ListPage {
        let slash = request.prefix.bytes.lastIndex(of: UInt8(ascii: "/"))
        // A prefix that no path has is the prefix of nothing.
        guard slash == nil || LocalKey.isPath(request.prefix.bytes[..<(slash ?? 0)]) else { return page }
        try enter(ObjectKey(slash.map { request.prefix.bytes[...$0] } ?? []))
        var last = start.key
        while let level = levels.indices.last {
            guard !cancellation.isCancelled else { throw .cancelled(request.prefix) }
            if room > 0, let item = levels[level].rest.popLast() {
                let key = levels[level].prefix + item.name
                last = max(last, key)
                try visit(key, item)
            } else if levels[level].isDone {
                levels.removeLast()
            } else {
                page.next = ContinuationToken(last.bytes)
                break
            }
        }
        return page
    }

    private mutating func visit(_ key: ObjectKey, _ item: Item) throws(StoreError) {
        switch item.kind {
        case .folder?:
            switch request.grouping {
            case .bySlash: page.prefixes.append(key)
            case .none: try enter(key)
            }
        case .special?:
            page.leftOut += 1
        case .file?, .link?, nil:
            do throws(SystemError) {
                page.objects.append(try info(of: key, RawPath(item.name.bytes)))
            } catch  where error.isAbsence {
                // It went after the folder was read, or is another thing now.
            } catch {
                throw StoreError(error, "cannot list \(key.shown)")
            }
        }
    }

    private mutating func info(of key: ObjectKey, _ name: RawPath) throws(SystemError) -> ObjectInfo {
        let level = levels.count - 1
        if levels[level].folder == nil { levels[level].folder = try openFolder(levels[level].prefix) }
        guard let folder = levels[level].folder else { throw .notThere }
        return try LocalTree.info(of: key, folder.file.entry(of: name)) { () throws(SystemError) in
            do throws(SystemError) {
                return try folder.file.target(ofLink: name)
            } catch  where error.code == EINVAL {
                // The link is another thing since we looked.
                throw .notThere
            }
        }
    }

    /// Goes down into the folder of all keys with this prefix, which is empty or ends in a slash.
    private mutating func enter(_ prefix: ObjectKey) throws(StoreError) {
        do throws(SystemError) {
            let folder = try openFolder(prefix)
            let items = try items(of: folder)
            if !prefix.isEmpty, prefix > start.key, prefix.hasPrefix(request.prefix), request.grouping == .none,
                !items.contains(where: { $0.kind != .special })
            {
                page.prefixes.append(prefix)
            }
            if let above = levels.indices.last { levels[above].folder = nil }
            let wanted = items.filter { isWanted($0, in: prefix) }
            // One more than there is room for, since the folder that the start lies in may have nothing left.
            let (next, isCut) = Self.smallest(room + 1, of: wanted)
            levels.append(Level(prefix: prefix, rest: next.reversed(), isCut: isCut, folder: folder))
        } catch  where error.isAbsence {
            // No such folder, or not any more.
        } catch {
            throw StoreError(error, "cannot list \(prefix.shown)")
        }
    }

    private func openFolder(_ prefix: ObjectKey) throws(SystemError) -> SharedDescriptor {
        try SharedDescriptor(tree.openFolder(RawPath(prefix.bytes.dropLast())))
    }

    private func items(of folder: SharedDescriptor) throws(SystemError) -> [Item] {
        var items: [Item] = []
        for item in try folder.file.items() where !LocalKey.isReserved(item.name.bytes) {
            var kind = item.kind
            if kind == nil { kind = try folder.file.entryIfAny(of: item.name)?.kind }
            let ending = kind == .folder ? [UInt8(ascii: "/")] : []
            items.append(Item(name: ObjectKey(item.name.bytes + ending), kind: kind))
        }
        return items
    }

    private func isWanted(_ item: Item, in prefix: ObjectKey) -> Bool {
        let key = prefix + item.name
        guard key.hasPrefix(request.prefix) else { return false }
        if key > start.key { return true }
        // Of a folder that the start lies in a part is still to come.
        guard item.kind == .folder, start.key.hasPrefix(key) else { return false }
        return request.grouping == .none || !start.isContinuation
    }

    /// The first items in order, and whether there are more. Sorts twice as many as are wanted at a time, so that a page
    /// of a huge folder costs little more than reading its names.
    private static func smallest(_ count: Int, of items: some Sequence<Item>) -> (first: [Item], isCut: Bool) {
        var first: [Item] = []
        var isCut = false
        func cut() {
            first.sort { $0.name < $1.name }
            guard first.count > count else { return }
            first.removeLast(first.count - count)
            isCut = true
        }
        for item in items where !isCut || item.name < first[count - 1].name {
            first.append(item)
            if first.count == 2 * count { cut() }
        }
        cut()
        return (first, isCut)
    }
}

extension SystemError {
    /// What was named is not there, or a link or file is where a folder was.
    var isAbsence: Bool { [ENOENT, ENOTDIR, ELOOP, EXDEV].contains(code) }
}
