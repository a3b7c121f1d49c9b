import Platform
import TaskFile

/// Where the items of a copy land. The content of one folder lands in the destination; items of a list land there under
/// their own names; a single file becomes the destination itself, or stands in it when it ends in a slash.
struct CopyLayout {
    let destination: TrustedPath
    let sources: [ListedSource]
    /// The destination's own name, when the destination is one file.
    let fileName: RawPath?

    init(_ planned: PlannedMount, _ listed: [ListedSource], _ machine: Machine) {
        let path = RawPath(planned.mount.destination.absolute(home: machine.home))
        let root = machine.absoluteRoot.map { RawPath($0) } ?? "/"
        if !planned.mount.isList, let file = listed.first, file.isSingleFile, !planned.mount.destination.isFolder {
            destination = TrustedPath(root: root, path.parent)
            fileName = path.lastComponent
            sources = [file.renamed(to: path.lastComponent)]
        } else {
            destination = TrustedPath(root: root, path)
            fileName = nil
            sources = listed.map { source in
                planned.mount.isList && !source.isSingleFile ? source.inFolderOfItsName() : source
            }
        }
    }

    /// Whether objects of stores are among what is copied.
    var isRemote: Bool { sources.contains { $0.isOfStore } }

    /// The destination without links on the way, as far as it is there. Nothing when it cannot be found out, or has no text.
    var realPath: String? {
        guard let nearest = try? destination.nearestFolder(), let folder = nearest.folder.realPath else { return nil }
        let rest = nearest.missing + (fileName.map { [$0] } ?? [])
        return rest.contains("..") ? nil : rest.reduce(folder) { $0.appending($1) }.exactText
    }
}

extension ListedSource {
    var isOfStore: Bool {
        if case .store = origin { true } else { false }
    }

    /// The local folder that is copied as a whole, without links on the way.
    var realFolder: String? { localFolder.map { ((try? FileStatus.realPath($0)) ?? $0).text } }
}
