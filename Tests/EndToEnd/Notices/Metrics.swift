import Foundation
import TestSupport

/// A metrics file as Prometheus' own library reads it.
struct Metrics {
    private let samples: [String: Double]

    init(_ path: String) throws {
        let script = Judge.project.appending(path: "Tests/EndToEnd/Notices/metrics.py").path
        let finished = try Program.run([Judge.python, script], input: try TemporaryFolder.text(of: path))
        guard finished.status == 0 else { throw Judge.JudgeFailure(errors: finished.errors) }
        samples = try JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: Double] ?? [:]
    }

    /// The sample of the only mount that has one; nothing when none has, or several have.
    func callAsFunction(_ name: String, _ label: String? = nil) -> Double? {
        let found = samples.filter { sample in
            sample.key.hasPrefix("provision_\(name){") && (label.map { sample.key.contains($0) } ?? true)
        }
        return found.count == 1 ? found.first?.value : nil
    }

    /// The state that each mount is in.
    var states: [String] {
        samples.filter { $0.key.hasPrefix("provision_mount_state{") && $0.value == 1 }.keys.compactMap { key in
            key.firstRange(of: "state=\"").map { String(key[$0.upperBound...].prefix { $0 != "\"" }) }
        }.sorted()
    }

    var names: [String] { samples.keys.sorted() }
}
