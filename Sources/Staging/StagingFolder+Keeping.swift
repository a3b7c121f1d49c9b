import Glibc
public import Platform

/// What is not to come into the bucket, for people.
extension StagingFolder {
    private static let kept = RawPath("kept")

    /// Takes the bytes of a file out of what is staged. Returns where they are in the folder: under the path `name`, in a folder
    /// of their own that tells why. What the file has of an object is a hole there.
    public func keep(_ file: StagedFile, as name: RawPath, _ reason: String) throws(SystemError) -> RawPath {
        try file.data.file.resize(to: max(file.size, try file.data.file.entry().size))
        var path = Self.kept
        var place = try Self.folder(Self.kept, in: folder.file)
        for name in [RawPath("\(reason)-\(file.id)")] + name.components.dropLast() {
            place = try Self.folder(name, in: place)
            path = path.appending(name)
        }
        let last = name.components.last ?? RawPath(file.id)
        try folder.file.renameToNew(StagedFile.dataName(file.id), to: last, in: place)
        try place.synchronize()
        try file.remove()
        return path.appending(last)
    }

    /// Of the files that have been kept.
    static func keptIDs(in folder: SharedDescriptor) throws(SystemError) -> [String] {
        guard try folder.file.entryIfAny(of: kept) != nil else { return [] }
        let names = try OwnedDescriptor.open(kept, in: folder.file, FileFlags.folder).names()
        return names.compactMap { $0.text.split(separator: "-").last.map(String.init) }
    }

    /// All that was kept and that nobody has taken away: why, as what, and where it is in the folder.
    public func kept() throws(SystemError) -> [(reason: String, name: RawPath, place: RawPath)] {
        guard try folder.file.entryIfAny(of: Self.kept) != nil else { return [] }
        let all = try OwnedDescriptor.open(Self.kept, in: folder.file, FileFlags.folder)
        var found: [(reason: String, name: RawPath, place: RawPath)] = []
        for name in try all.names() {
            guard let reason = name.text.split(separator: "-").first, try all.entry(of: name).kind == .folder else {
                continue
            }
            let place = try OwnedDescriptor.open(name, in: all, FileFlags.folder)
            for file in try Self.files(in: place) {
                found.append((String(reason), file, Self.kept.appending(name).appending(file)))
            }
        }
        return found
    }

    private static func files(in folder: borrowing OwnedDescriptor) throws(SystemError) -> [RawPath] {
        var found: [RawPath] = []
        for name in try folder.names() {
            guard try folder.entry(of: name).kind == .folder else {
                found.append(name)
                continue
            }
            let inner = try OwnedDescriptor.open(name, in: folder, FileFlags.folder)
            found += try files(in: inner).map { name.appending($0) }
        }
        return found
    }

    private static func folder(
        _ name: RawPath, in folder: borrowing OwnedDescriptor
    ) throws(SystemError) -> OwnedDescriptor {
        _ = try folder.makeFolderUnlessThere(name, mode: 0o700)
        return try .open(name, in: folder, FileFlags.folder)
    }
}
