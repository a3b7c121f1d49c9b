import JSON

/// Mounts that have gone while something was staged of them. As long as that waits there, and nobody serves it, it stays written
/// down: whoever asks for the task is told of it, however many supervisors come and go meanwhile.
struct LeftMounts {
    /// By staging folder. Whoever reads them looks at what is there then; writing them down asks no disk.
    private var records: [String: JSONValue] = [:]

    /// What supervisors before this one have written down.
    mutating func take(_ recorded: [RecordedMount]) {
        for mount in recorded where mount.hasSomething {
            if let staging = mount.staging { records[staging] = mount.left }
        }
    }

    /// One of this supervisor's. It may never have served: then what is in its folder is another's, which is known better.
    mutating func note(_ gone: RecordedMount) {
        guard let staging = gone.staging else { return }
        if gone.pending > 0 {
            records[staging] = records[staging] ?? gone.left
        } else if gone.unknown == nil {
            records[staging] = nil
        }
    }

    /// What is to be written down beside the mounts that are there.
    func records(beside present: [JSONValue]) -> [JSONValue] {
        let served = Set(present.compactMap(RecordedMount.staging(of:)))
        return records.filter { !served.contains($0.key) }.sorted { $0.key < $1.key }.map(\.value)
    }
}
