import Executor
import Plan
import Platform

/// What `--verbose` says of each mount beside its result: what was found before the first byte, and what it took.
enum MountNotes {
    static func before(_ mount: CheckedMount) -> String {
        var words = ["\(mount.objects) files, \(Amount.text(mount.bytes))"]
        if mount.bytesInPlace > 0 { words.append("\(Amount.text(mount.bytesInPlace)) in place") }
        if let store = mount.stores.first {
            if let endpoint = store.endpoint { words.append("at \(endpoint)") }
            if let region = store.region { words.append("region \(region)") }
            if let identity = store.identity { words.append("as \(identity)") }
        }
        return line(mount.planned.shownDestination, words.map(mount.planned.shown))
    }

    static func after(_ mount: MountStatus) -> String {
        line(
            mount.destination,
            [
                "\(mount.state.rawValue) after \(Amount.text(seconds: mount.seconds))",
                "\(mount.requests.sent) requests, \(mount.requests.retried) of them again",
            ])
    }

    private static func line(_ destination: String, _ words: [String]) -> String {
        "provision: \((destination + ": " + words.joined(separator: ", ")).printable)\n"
    }
}
