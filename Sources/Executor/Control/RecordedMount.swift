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

    init(_ record: JSONValue) {
        json = record.removing(Member.staging, Member.isLeft)
        staging = Self.staging(of: record)
        isLeft = record[Member.isLeft] == .boolean(true)
        guard let staging else { return }
        var uploads = MountUploads(ofMount: record)
        do throws(SystemError) {
            let folder = try OwnedDescriptor.open(RawPath(staging), FileFlags.folder)
            uploads.pending = try StagingFolder.count(in: SharedDescriptor(folder))
        } catch {
            unknown = MountError(
                code: "not-saved",
                message: "nobody knows what waits for its upload: the staging folder \(staging) cannot be read: "
                    + error.description,
                hint: "make it readable, with its disk if it has one of its own, and run the task again",
                isRetryable: false, exitStatus: .inputOutput)
        }
        json = json.replacing("uploads", with: uploads.json)
    }

    var path: String? { json["path"]?.text }

    /// Files that are staged; as many as there were when it was written down, where that is unknown.
    var pending: Int { MountUploads(ofMount: json).pending }

    /// To be written down when it has gone, as long as there is something to be told of it.
    var left: JSONValue? {
        guard unknown != nil || pending > 0 else { return nil }
        return Self.record(unmounted, staging: staging).adding(Member.isLeft, .boolean(true))
    }

    func isOf(_ mount: JSONValue) -> Bool {
        ["destination", "source"].allSatisfy { mount[$0] == json[$0] }
    }

    /// Its status where nobody serves it.
    var status: JSONValue {
        let dead = MountError(deadBecause: "its supervisor has died")
        let error = unknown ?? (isLeft ? MountError(notSaved: pending) : dead)
        return (isLeft ? unmounted : json.replacing("state", with: "failed").replacing("pid", with: .null))
            .replacing("error", with: error.json)
    }

    /// Its status when it was taken away.
    var unmounted: JSONValue { json.replacing("state", with: "unmounted").replacing("pid", with: .null) }
}

extension MountError {
    /// What nobody serves cannot be brought into the bucket; that it is there has to be told.
    init(notSaved files: Int) {
        self.init(
            code: "not-saved",
            message: (files == 1 ? "1 file that was" : "\(files) files that were")
                + " written and may not be in the bucket wait in the staging folder",
            hint: "run the task again, which brings them there", isRetryable: true, exitStatus: .temporary)
    }
}
