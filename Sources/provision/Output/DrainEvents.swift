import Executor
import JSON
import Synchronization

/// Tells as events how mounts are drained and end.
final class DrainEvents: Sendable {
    private struct Told {
        var state: String?
        var uploads: JSONValue?
    }

    private let stream: EventStream
    private let tellsStates: Bool
    private let tellsProgress: Bool
    private let told = Mutex<[String: Told]>([:])

    /// `tellsStates`: nobody else does.
    init(_ stream: EventStream, _ settings: Settings, tellsStates: Bool) {
        self.stream = stream
        self.tellsStates = tellsStates
        tellsProgress = !settings.quiet && !settings.noProgress
    }

    /// What has changed since the last look.
    func look(_ mounts: [JSONValue]) {
        for mount in mounts {
            guard let destination = mount["destination"]?.text else { continue }
            let now = Told(state: mount["state"]?.text, uploads: mount["uploads"])
            let before = told.withLock { $0.updateValue(now, forKey: destination) }
            if tellsStates, let state = now.state, state != before?.state {
                stream.emit("state", mount: destination, [.init("state", .string(state))])
            }
            if tellsProgress, let uploads = now.uploads, uploads != before?.uploads {
                stream.emit("progress", mount: destination, [.init("uploads", uploads)])
            }
        }
    }
}

extension TaskWatcher {
    /// For whoever waits until everything is in the bucket.
    init(_ settings: Settings, _ events: DrainEvents, _ stream: EventStream) {
        if settings.output == .ndjson {
            self.init(look: events.look, take: stream.emit(told:))
        } else {
            self.init(look: UploadLine.watch(settings))
        }
    }
}
