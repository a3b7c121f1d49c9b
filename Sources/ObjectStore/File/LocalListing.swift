import Glibc
import Platform

/// A walk through the tree that makes one page of a listing.
///
/// Keys are in the order of their bytes if each folder's names are sorted with a slash behind those of folders: `a.b`,
/// then all of `a/`, then `a0`. So only the folders on the way to the page's first key, and those the page's keys are
/// in, are read. One folder is open at a time, however deep the tree.
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
        var rest: [(key: ObjectKey, item: FolderItem)]
        /// Closed while the walk is further down.
        var folder: SharedDescriptor?
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

    mutating func run() throws(StoreError) -> ListPage {
        let slash = request.prefix.bytes.lastIndex(of: UInt8(ascii: "/"))
        let folder = request.prefix.bytes[..<(slash ?? 0)]
        // A prefix that no path has is the prefix of nothing.
        guard slash == nil || LocalKey.isPath(folder) else { return page }
        try enter(ObjectKey(slash.map { request.prefix.bytes[...$0] } ?? []))
        while let next = levels.last?.rest.last {
            guard !cancellation.isCancelled else { throw .cancelled(request.prefix) }
            levels[levels.count - 1].rest.removeLast()
            try visit(next.key, next.item)
            while levels.last?.rest.isEmpty == true { levels.removeLast() }
            if page.objects.count + page.prefixes.count == limit, !levels.isEmpty {
                page.next = ContinuationToken(next.key.bytes)
                break
            }
        }
        return page
    }

    private mutating func visit(_ key: ObjectKey, _ item: FolderItem) throws(StoreError) {
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
                page.objects.append(try info(of: key, item.name))
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
            try folder.file.target(ofLink: name)
        }
    }

    /// Goes down into the folder of all keys with this prefix, which is empty or ends in a slash.
    private mutating func enter(_ prefix: ObjectKey) throws(StoreError) {
        do throws(SystemError) {
            let folder = try openFolder(prefix)
            let items = try items(of: folder, prefix)
            if !prefix.isEmpty, prefix > start.key, prefix.hasPrefix(request.prefix), request.grouping == .none,
                !items.contains(where: { $0.kind != .special })
            {
                page.prefixes.append(prefix)
            }
            if !levels.isEmpty { levels[levels.count - 1].folder = nil }
            let rest = items.map { (prefix + ObjectKey($0.sortedName), $0) }.filter { isWanted($0.0, $0.1) }
            levels.append(Level(prefix: prefix, rest: rest.sorted { $0.0 > $1.0 }, folder: folder))
        } catch  where error.isAbsence {
            // No such folder, or not any more.
        } catch {
            throw StoreError(error, "cannot list \(prefix.shown)")
        }
    }

    private func openFolder(_ prefix: ObjectKey) throws(SystemError) -> SharedDescriptor {
        try SharedDescriptor(tree.openFolder(RawPath(prefix.bytes.dropLast())))
    }

    private func items(of folder: SharedDescriptor, _ prefix: ObjectKey) throws(SystemError) -> [FolderItem] {
        var items = try folder.file.items().filter { !LocalKey.isReserved($0.name.bytes) }
        for index in items.indices where items[index].kind == nil {
            items[index].kind = try folder.file.entryIfAny(of: items[index].name)?.kind
        }
        return items
    }

    private func isWanted(_ key: ObjectKey, _ item: FolderItem) -> Bool {
        guard key.hasPrefix(request.prefix) else { return false }
        if key > start.key { return true }
        // Of a folder that the start lies in a part is still to come.
        guard item.kind == .folder, start.key.hasPrefix(key) else { return false }
        return request.grouping == .none || !start.isContinuation
    }
}

extension FolderItem {
    fileprivate var sortedName: [UInt8] { kind == .folder ? name.bytes + [UInt8(ascii: "/")] : name.bytes }
}

extension SystemError {
    /// What was named is not there, or a link or file is where a folder was.
    var isAbsence: Bool { [ENOENT, ENOTDIR, ELOOP, EXDEV].contains(code) }
}
