/// Goes through a folder and everything below it, without following links and without leaving the folder, whatever
/// others do to it meanwhile. A folder comes before what is in it; names come in the order of their bytes.
public struct FolderWalk {
    public struct Item: Sendable, Equatable {
        /// Relative to where the walk began.
        public var path: RawPath
        public var entry: FileEntry
        /// Of a link.
        public var target: RawPath?
    }

    public struct Failure: Error, Equatable, Sendable {
        public var path: RawPath
        public var error: SystemError

        public init(path: RawPath, error: SystemError) {
            self.path = path
            self.error = error
        }
    }

    /// Whether an item is wanted; of a folder that is not, nothing is visited.
    public typealias Choice = (_ path: RawPath, _ kind: FileEntry.Kind) -> Bool

    /// Calls `visit` for every item that is wanted. What vanishes on the way was never there.
    public static func walk(
        _ root: borrowing OwnedDescriptor, wanted: Choice, visit: (Item) -> Void
    ) throws(Failure) {
        try walk(content(of: root, at: ""), below: root, wanted, visit)
    }

    /// Only the root stays open: a tree may be deeper than this process may have files open.
    private static func walk(
        _ items: [Item], below root: borrowing OwnedDescriptor, _ wanted: Choice, _ visit: (Item) -> Void
    ) throws(Failure) {
        for item in items where wanted(item.path, item.entry.kind) {
            visit(item)
            guard item.entry.kind == .folder else { continue }
            try walk(content(below: item.path, root), below: root, wanted, visit)
        }
    }

    /// What is in a folder; nothing when it is there no longer.
    private static func content(
        below path: RawPath, _ root: borrowing OwnedDescriptor
    ) throws(Failure) -> [Item] {
        let folder: OwnedDescriptor
        do throws(SystemError) {
            folder = try .open(beneath: root, path, FileFlags.folder)
        } catch  where error.isAbsence {
            return []
        } catch {
            throw Failure(path: path, error: error)
        }
        return try content(of: folder, at: path)
    }

    private static func content(of folder: borrowing OwnedDescriptor, at path: RawPath) throws(Failure) -> [Item] {
        let names: [RawPath]
        do throws(SystemError) {
            names = try folder.names().sorted()
        } catch {
            throw Failure(path: path, error: error)
        }
        var items: [Item] = []
        for name in names {
            if let item = try item(name, in: folder, path.appending(name)) { items.append(item) }
        }
        return items
    }

    private static func item(
        _ name: RawPath, in folder: borrowing OwnedDescriptor, _ path: RawPath
    ) throws(Failure) -> Item? {
        do throws(SystemError) {
            let entry = try folder.entry(of: name)
            let target = entry.kind == .link ? try folder.target(ofLink: name) : nil
            return Item(path: path, entry: entry, target: target)
        } catch  where error.isAbsence {
            return nil
        } catch {
            throw Failure(path: path, error: error)
        }
    }
}
