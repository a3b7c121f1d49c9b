import Glibc
import JSON
import Platform
import Staging

/// A mount as its supervisor has written it down, with what is staged of it now.
struct RecordedMount {
    /// In the form of a status.
    private(set) var json: JSONValue
    /// Why nobody can say what is staged. That is not nothing: a disk that is not there may hold it.
    private(set) var unknown: MountError?
    /// Where what is written to it is staged.
    let staging: String?
    /// It has gone, and what is staged of it has stayed.
    let isLeft: Bool

    private enum Member {
        static let staging = "staging"
        static let isLeft = "left"
    }

    /// What is written down of a mount with this status.
    static func record(_ status: JSONValue, staging: String?) -> JSONValue {
        status.adding(Member.staging, .optional(staging))
    }

    static func staging(of record: JSONValue) -> String? { record[Member.staging]?.text }

    /// Of a task with this folder.
    init(_ record: JSONValue, of task: TaskFolder) {
        json = record.removing(Member.staging, Member.isLeft)
        staging = Self.staging(of: record)
        isLeft = record[Member.isLeft] == .boolean(true)
        guard let staging else { return }
        var uploads = MountUploads(ofMount: record)
        do throws(SystemError) {
            let folder = try OwnedDescriptor.open(RawPath(staging), FileFlags.folder)
            // What is kept there is told of already, and nobody will bring it into the bucket.
            let kept = Set(uploads.kept.map(\.file))
            uploads.pending = try StagingFolder.waiting(in: SharedDescriptor(folder)).count { name in
                !kept.contains(staging + "/" + name.text)
            }
        } catch {
            // Beside this very record, or before anybody could write, it would be there if there were something in it.
            let isNothing = staging.hasPrefix(task.path + "/") || record["state"] == .string("mounting")
            if isNothing, error.code == ENOENT {
                uploads.pending = 0
            } else {
                unknown = MountError(
                    code: "not-saved",
                    message: "nobody knows what waits for its upload: the staging folder \(staging) cannot be read: "
                        + error.description,
                    hint: "make it readable, with its disk if it has one of its own, and run the task again; "
                        + "if nobody wants what was there, make an empty folder",
                    isRetryable: false, exitStatus: .inputOutput)
            }
        }
        json = json.replacing("uploads", with: uploads.json)
    }

    var path: String? { json["path"]?.text }

    /// Files that are staged; as many as there were when it was written down, where that is unknown.
    var pending: Int { MountUploads(ofMount: json).pending }

    var hasSomething: Bool { unknown != nil || pending > 0 }

    /// To be written down when it has gone.
    var left: JSONValue { Self.record(unmounted, staging: staging).adding(Member.isLeft, .boolean(true)) }

    func isOf(_ mount: JSONValue) -> Bool {
        ["destination", "source"].allSatisfy { mount[$0] == json[$0] }
    }

    /// Its status where nobody serves it.
    var status: JSONValue {
        guard isLeft else {
            let error = unknown ?? MountError(deadBecause: "its supervisor has died")
            return json.replacing("state", with: "failed").replacing("pid", with: .null)
                .replacing("error", with: error.json)
        }
        return unmounted.replacing("error", with: MountError(notSaved: [self])?.json ?? .null)
    }

    /// Its status when it was taken away.
    var unmounted: JSONValue { json.replacing("state", with: "unmounted").replacing("pid", with: .null) }
}

extension MountError {
    /// What nobody serves cannot be brought into the bucket; that it is there has to be told.
    init?(notSaved mounts: [RecordedMount]) {
        if let unknown = mounts.lazy.compactMap(\.unknown).first {
            self = unknown
            return
        }
        let waiting = mounts.filter { $0.pending > 0 }
        guard !waiting.isEmpty else { return nil }
        let files = waiting.reduce(0) { $0 + $1.pending }
        let folders = Set(waiting.compactMap(\.staging)).sorted()
        self.init(
            code: "not-saved",
            message: (files == 1 ? "1 file that was" : "\(files) files that were")
                + " written and may not be in the bucket wait in \(folders.joined(separator: ", "))",
            hint: "run the task again as it was then, which brings them there", isRetryable: true,
            exitStatus: .temporary)
    }
}
