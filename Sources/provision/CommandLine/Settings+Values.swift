import Platform

/// The options by name and type, with their defaults.
extension Settings {
    var dryRun: Bool { isOn(.dryRun) }
    var offline: Bool { isOn(.offline) }
    var output: OutputFormat { text(.output).flatMap(OutputFormat.init) ?? .text }
    var only: [String] { texts(.only) }
    var task: String? { text(.task) }
    /// `NAME=VALUE`, or `NAME` whose value is in the environment; of two for a name the later one counts.
    var env: [String] { texts(.env) }
    var envFiles: [String] { texts(.envFile) }
    var providers: String? { text(.providers) }
    var root: String? { text(.root) }
    var stateDir: String? { text(.stateDir) }
    var cacheDir: String? { text(.cacheDir) }
    var jobs: Int? { integer(.jobs) }
    var maxMemory: ByteSize? {
        if case .size(let size)? = values(of: .maxMemory).last { size } else { nil }
    }
    /// Nothing: no limit, which is also what 0 asks for.
    var timeout: TimeSpan? { limit(.timeout) }
    var drainTimeout: TimeSpan? { limit(.drainTimeout) }
    var readyFile: String? { text(.readyFile) }
    var metricsFile: String? { text(.metricsFile) }
    var fuseFD: Int32? { integer(.fuseFD).map { Int32($0) } }
    var watch: Bool { isOn(.watch) }
    var force: Bool { isOn(.force) }
    /// When both are set, the one set closer to the user counts.
    var quiet: Bool { isOn(.quiet) && !isOverruled(.quiet, by: .verbose) }
    var verbose: Bool { isOn(.verbose) && !isOverruled(.verbose, by: .quiet) }
    var color: ColorChoice { text(.color).flatMap(ColorChoice.init) ?? .auto }
    var noProgress: Bool { isOn(.noProgress) }

    private func isOverruled(_ option: Option, by other: Option) -> Bool {
        isOn(other) && source(of: other).isCloserToUser(than: source(of: option))
    }

    private func isOn(_ option: Option) -> Bool { values(of: option).last == .flag(true) }

    private func texts(_ option: Option) -> [String] {
        values(of: option).compactMap { if case .text(let text) = $0 { text } else { nil } }
    }

    private func text(_ option: Option) -> String? { texts(option).last }

    private func integer(_ option: Option) -> Int? {
        if case .integer(let number)? = values(of: option).last { number } else { nil }
    }

    private func limit(_ option: Option) -> TimeSpan? {
        guard case .duration(let span)? = values(of: option).last, span.milliseconds > 0 else { return nil }
        return span
    }
}
