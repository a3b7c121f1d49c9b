import JSON

/// Mounts that have gone while something was staged of them. As long as that waits there, and nobody serves it, it stays written
/// down: whoever asks for the task is told of it, however many supervisors come and go meanwhile.
struct LeftMounts {
    /// By staging folder.
    private var records: [String: JSONValue] = [:]

    /// What a supervisor that was killed has written down.
    mutating func take(_ recorded: [RecordedMount]) {
        for mount in recorded {
            guard let staging = mount.staging, let left = mount.left else { continue }
            records[staging] = left
        }
    }

    /// One of this supervisor's. It may never have had a staging folder.
    mutating func note(_ gone: RecordedMount) {
        if gone.pending > 0 { take([gone]) }
    }

    /// What is to be written down beside the mounts that are there.
    func records(beside present: [JSONValue]) -> [JSONValue] {
        let served = Set(present.compactMap(RecordedMount.staging(of:)))
        return records.filter { !served.contains($0.key) }.sorted { $0.key < $1.key }
            .compactMap { RecordedMount($0.value).left }
    }
}
