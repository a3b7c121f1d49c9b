import JSON
import Platform
import Staging

/// A mount as its supervisor has written it down last, with what is staged of it now.
struct RecordedMount {
    private(set) var json: JSONValue
    /// Why nobody can say what is staged. That is not nothing: a disk that is not there may hold it.
    private(set) var unknown: MountError?

    init(_ recorded: JSONValue) {
        json = recorded
        guard let folder = recorded[TaskFolder.staging]?.text, case .object(let members) = recorded else { return }
        var uploads = MountUploads(ofMount: recorded)
        do throws(SystemError) {
            let staging = try OwnedDescriptor.open(RawPath(folder), FileFlags.folder)
            uploads.pending = try StagingFolder.count(in: SharedDescriptor(staging))
        } catch {
            unknown = MountError(
                code: "not-saved",
                message: "nobody knows what waits for its upload: the staging folder \(folder) cannot be read: "
                    + error.description,
                hint: "make it readable, with its disk if it has one of its own, and run the task again",
                isRetryable: false, exitStatus: .inputOutput)
        }
        json = JSONValue.object(members.filter { $0.name != TaskFolder.staging })
            .replacing("uploads", with: uploads.json)
    }

    var path: String? { json["path"]?.text }

    /// The status of a mount whose supervisor was killed.
    var dead: JSONValue {
        let error = unknown ?? MountError(deadBecause: "its supervisor has died")
        return json.replacing("state", with: "failed").replacing("pid", with: .null).replacing(
            "error", with: error.json)
    }
}
