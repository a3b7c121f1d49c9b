public import Platform

/// Lists a local file or folder. Links are kept as they are when they cannot lead out of the copied tree; others, and
/// devices, pipes and sockets, are left out and named.
public struct LocalListing {
    private let path: RawPath
    private let filterRules: (include: [String], exclude: [String])
    private let space: ListingSpace

    public init(_ path: RawPath, include: [String], exclude: [String], space: ListingSpace) {
        self.path = path
        self.space = space
        filterRules = (include, exclude)
    }

    public func list() throws(FolderWalk.Failure) -> ListedSource {
        let entry: FileEntry
        do throws(SystemError) {
            entry = try OwnedDescriptor.open(path, FileFlags.path).entry()
        } catch {
            throw FolderWalk.Failure(path: "", error: error)
        }
        guard entry.kind != .folder else {
            return ListedSource(
                origin: .folder(path), name: path.components.last ?? "", isSingleFile: false,
                listing: try listFolder())
        }
        // The source may be a link; where it is read, no link is followed any more.
        let real: RawPath
        do throws(SystemError) {
            real = try FileStatus.realPath(path)
        } catch {
            throw FolderWalk.Failure(path: "", error: error)
        }
        return ListedSource(
            origin: .folder(real.parent.isEmpty ? "/" : real.parent), name: path.lastComponent, isSingleFile: true,
            listing: listFile(entry, real.lastComponent))
    }

    private func listFile(_ entry: FileEntry, _ realName: RawPath) -> SourceListing {
        var listing = SourceListing(in: space)
        let name = path.lastComponent
        guard entry.kind == .file else {
            listing.leaveOut(name, Self.notAFile)
            return listing
        }
        listing.append(
            .init(
                path: name, sourcePath: realName, content: .file(size: entry.size), mode: entry.mode & 0o777,
                modified: entry.modified))
        return listing
    }

    private func listFolder() throws(FolderWalk.Failure) -> SourceListing {
        let root: OwnedDescriptor
        do throws(SystemError) {
            root = try .open(path, FileFlags.folder)
        } catch {
            throw FolderWalk.Failure(path: "", error: error)
        }
        let filter = ItemFilter(
            include: filterRules.include, exclude: filterRules.exclude, ignoreFile: ignoreFile(in: root))
        var listing = SourceListing(in: space)
        listing.namesEveryFolder = filter.keepsEmptyFolders
        listing.append(try folderItem(root))
        try FolderWalk.walk(root, wanted: { listing.failure == nil && filter.wants($0, isFolder: $1 == .folder) }) {
            item in
            switch content(of: item) {
            case .success(let content):
                // With `include`, folders appear with the files in them.
                if content == .folder && !filter.keepsEmptyFolders { return }
                listing.append(
                    .init(
                        path: item.path, sourcePath: item.path, content: content, mode: item.entry.mode & 0o777,
                        modified: item.entry.modified))
            case .failure(let reason): listing.leaveOut(item.path, reason.text)
            }
        }
        return listing
    }

    private func folderItem(_ folder: borrowing OwnedDescriptor) throws(FolderWalk.Failure) -> SourceListing.Item {
        do throws(SystemError) {
            let entry = try folder.entry()
            return .init(
                path: ".", sourcePath: ".", content: .folder, mode: entry.mode & 0o777, modified: entry.modified)
        } catch {
            throw FolderWalk.Failure(path: "", error: error)
        }
    }

    private func ignoreFile(in root: borrowing OwnedDescriptor) -> [UInt8]? {
        guard let file = try? OwnedDescriptor.open(ItemFilter.ignoreFile, in: root, FileFlags.read) else { return nil }
        return try? FileReading.bytes(from: file.raw, limit: 1 << 20)
    }

    private struct Reason: Error {
        let text: String
    }

    private static let notAFile = "neither file, folder nor link"

    private func content(of item: FolderWalk.Item) -> Result<SourceListing.Item.Content, Reason> {
        switch item.entry.kind {
        case .file: return .success(.file(size: item.entry.size))
        case .folder: return .success(.folder)
        case .special: return .failure(Reason(text: Self.notAFile))
        case .link:
            guard let target = item.target, Links.stayInside(target, from: item.path) else {
                return .failure(Reason(text: "a link that leads outside"))
            }
            return .success(.link(target: target))
        }
    }
}

/// Where links can lead.
enum Links {
    /// Whether a link at `path` with this target can only lead to something in the same tree: relative, never higher than
    /// the tree's root, and `..` only where it begins, for behind a name that is a link itself it would lead anywhere.
    static func stayInside(_ target: RawPath, from path: RawPath) -> Bool {
        guard !target.isAbsolute, !target.isEmpty else { return false }
        let names = target.components.filter { $0 != "." }
        let ups = names.prefix { $0 == ".." }.count
        return ups < path.components.count && !names.dropFirst(ups).contains("..")
    }
}
