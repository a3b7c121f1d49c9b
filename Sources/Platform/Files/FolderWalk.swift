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
        try walk(root, below: "", wanted, visit)
    }

    private static func walk(
        _ folder: borrowing OwnedDescriptor, below path: RawPath, _ wanted: Choice, _ visit: (Item) -> Void
    ) throws(Failure) {
        let names: [RawPath]
        do throws(SystemError) {
            names = try folder.names().sorted()
        } catch {
            throw Failure(path: path, error: error)
        }
        for name in names {
            let itemPath = path.appending(name)
            guard let item = try item(name, in: folder, itemPath), wanted(itemPath, item.entry.kind) else { continue }
            visit(item)
            if item.entry.kind == .folder { try walk(name, in: folder, itemPath, wanted, visit) }
        }
    }

    private static func walk(
        _ name: RawPath, in folder: borrowing OwnedDescriptor, _ path: RawPath, _ wanted: Choice,
        _ visit: (Item) -> Void
    ) throws(Failure) {
        let below: OwnedDescriptor
        do throws(SystemError) {
            below = try .open(name, in: folder, FileFlags.folder)
        } catch  where error.isAbsence {
            return
        } catch {
            throw Failure(path: path, error: error)
        }
        try walk(below, below: path, wanted, visit)
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
