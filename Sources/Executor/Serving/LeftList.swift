import JSON
import MountFS
import ObjectStore
import Plan
import Platform

/// `not-saved.json` in a staging folder: what did not come into the bucket before a mount had to end. It is there until the
/// same is mounted again, whose session goes on with the files.
enum LeftList {
    static let name: RawPath = "not-saved.json"

    static func write(_ request: MountRequest) throws(SystemError) {
        guard let staging = request.order.staging else { return }
        let folder = SharedDescriptor(try .open(RawPath(staging.folder), FileFlags.folder))
        let files = try LeftFile.all(in: folder).map { file -> JSONValue in
            [
                "key": .string(file.key.shown), "bytes": .integer(file.bytes), "whole": .boolean(file.isWhole),
                "file": .string(RawPath(staging.folder).appending(file.data).text),
            ]
        }
        let document: JSONValue = [
            "v": 1, "destination": .string(request.shownDestination), "source": request.shownSource,
            "written": .string(Timestamp.now().text), "files": .array(files),
        ]
        try folder.file.replace(name, with: Array((document.pretty + "\n").utf8), mode: 0o600)
    }
}
