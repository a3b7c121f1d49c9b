import Executor
import Platform

/// One mount in one line: how much, how fast, how long still.
struct ProgressLine {
    private let mount: MountStatus

    init(_ mount: MountStatus) {
        self.mount = mount
    }

    /// The beginning of it that fits into a line of so many columns.
    func text(fitting columns: Int?) -> String {
        guard let columns, text.columns > columns else { return text }
        var rest = max(0, columns - 1)
        let shown = text.prefix { character in
            rest -= character.columns
            return rest >= 0
        }
        return shown + "…"
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

extension Character {
    /// What it takes on a terminal: two for the scripts and signs that are as wide as they are high.
    fileprivate var columns: Int {
        unicodeScalars.contains { scalar in
            scalar.properties.isEmojiPresentation
                || [
                    0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
                    0xFF00...0xFF60,
                    0xFFE0...0xFFE6, 0x20000...0x3FFFD,
                ].contains { $0.contains(scalar.value) }
        } ? 2 : 1
    }
}

extension String {
    fileprivate var columns: Int { reduce(0) { $0 + $1.columns } }
}
