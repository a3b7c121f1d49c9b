import Executor
import Platform

/// One mount in one line: how much, how fast, how long still.
struct ProgressLine {
    private let mount: MountStatus

    init(_ mount: MountStatus) {
        self.mount = mount
    }

    var text: String {
        let total = mount.bytes.total ?? 0
        let seen = mount.objects.done + mount.objects.skipped
        var words = [mount.state.rawValue, mount.destination.printable, "\(seen)/\(mount.objects.total ?? 0) files"]
        words.append("\(Amount.text(mount.bytes.done)) of \(Amount.text(total))")
        if mount.state == .copying, mount.seconds > 0.5 {
            let rate = Double(mount.bytes.done) / mount.seconds
            words.append("\(Amount.text(Int(rate)))/s")
            if rate > 0 {
                let missing = max(0, total - mount.bytesInPlace - mount.bytes.done)
                words.append("\(Amount.text(seconds: Double(missing) / rate)) left")
            }
        }
        return words.joined(separator: "  ")
    }
}
