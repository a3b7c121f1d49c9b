import Glibc

/// A name in a folder, with what the folder itself knows of it.
public struct FolderItem: Sendable {
    public var name: RawPath
    /// Nothing on file systems that do not keep kinds with names.
    public var kind: FileEntry.Kind?
}

extension OwnedDescriptor {
    /// What is in this folder, without `.` and `..`, in no order.
    public func items() throws(SystemError) -> [FolderItem] { try items(limit: .max) }

    /// Whether nothing is in this folder; false also when that cannot be told.
    public var isEmptyFolder: Bool { (try? items(limit: 1))?.isEmpty ?? false }

    private func items(limit: Int) throws(SystemError) -> [FolderItem] {
        let copy = try SystemError.check { openat(raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard let stream = fdopendir(copy) else {
            let error = SystemError()
            close(copy)
            throw error
        }
        defer { closedir(stream) }
        var items: [FolderItem] = []
        while items.count < limit {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw SystemError() }
                return items
            }
            let offset = MemoryLayout<dirent>.offset(of: \dirent.d_name) ?? 0
            let start = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: UInt8.self)
            let name = RawPath(UnsafeBufferPointer(start: start, count: strlen(start)))
            guard name != "." && name != ".." else { continue }
            items.append(FolderItem(name: name, kind: FileEntry.Kind(ofItem: Int(entry.pointee.d_type))))
        }
        return items
    }

    public func names() throws(SystemError) -> [RawPath] {
        try items().map(\.name)
    }
}

extension FileEntry.Kind {
    fileprivate init?(ofItem type: Int) {
        switch type {
        case DT_UNKNOWN: return nil
        case DT_REG: self = .file
        case DT_DIR: self = .folder
        case DT_LNK: self = .link
        default: self = .special
        }
    }
}
