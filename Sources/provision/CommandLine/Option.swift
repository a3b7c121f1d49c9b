/// The table of options. Parser, help, completion scripts and manual page are all made from it, in this order.
enum Option: String, CaseIterable, Sendable {
    case dryRun = "dry-run"
    case offline
    case output
    case only
    case task
    case env
    case envFile = "env-file"
    case providers
    case root
    case stateDir = "state-dir"
    case cacheDir = "cache-dir"
    case jobs
    case maxMemory = "max-memory"
    case timeout
    case drainTimeout = "drain-timeout"
    case readyFile = "ready-file"
    case metricsFile = "metrics-file"
    case fuseFD = "fuse-fd"
    case watch
    case force
    case quiet
    case verbose
    case color
    case noProgress = "no-progress"
    case help
    case version

    struct Row {
        let argument: OptionArgument
        let short: Character?
        let isRepeatable: Bool
        let verbs: [Verb]
        let summary: String
        /// What it means with a verb where the summary says what it means with several.
        let meanings: [Verb: String]

        init(
            _ argument: OptionArgument, short: Character? = nil, repeatable: Bool = false, with verbs: [Verb],
            _ summary: String, _ meanings: [Verb: String] = [:]
        ) {
            self.argument = argument
            self.short = short
            self.isRepeatable = repeatable
            self.verbs = verbs
            self.summary = summary
            self.meanings = meanings
        }
    }

    var row: Row {
        switch self {
        case .dryRun: Row(.flag, with: [.run, .pull, .push], "check and plan; change nothing, run no command")
        case .offline: Row(.flag, with: [.run], "with --dry-run: no network at all")
        case .output:
            Row(
                .choice(OutputFormat.allCases.map(\.rawValue)), with: Verb.reporting,
                "results for people (default), as one final document, or as one event a line")
        case .only: Row(.text("DEST"), repeatable: true, with: [.run], "just the mount of this destination")
        case .task: Row(.text("NAME|N"), with: Verb.ofTasks, "which document of a file with several tasks")
        case .env:
            Row(.variable, repeatable: true, with: [.run], "a value for ${NAME}; without =VALUE from the environment")
        case .envFile: Row(.file("F"), repeatable: true, with: [.run], "a file of NAME=VALUE lines for ${NAME}")
        case .providers: Row(.file("F"), with: [.run] + Verb.talking, "the providers file")
        case .root: Row(.directory("DIR"), with: [.run], "resolve destinations below DIR, which is made when missing")
        case .stateDir:
            Row(.directory("D"), with: Verb.ofTasks + [.doctor], "where journal, staging and status files are")
        case .cacheDir: Row(.directory("D"), with: [.run, .pull, .cache, .doctor], "where caches are")
        case .jobs: Row(.integer("N", in: 1...Int.max), with: Verb.transferring, "requests at once, over all copies")
        case .maxMemory:
            Row(
                .size, with: Verb.transferring,
                "memory of all mounts, 64MiB at least; default: a quarter of what there is, 1GiB at most")
        case .timeout:
            Row(
                .duration, with: [.run, .doctor] + Verb.talking,
                "how long provisioning, or asking, may take; 0: no limit (default)")
        case .drainTimeout:
            Row(.duration, with: Verb.draining, "how long the last uploads may take; 0: no limit (default)")
        case .readyFile: Row(.file("F"), with: [.run], "a file that is there while all mounts are ready")
        case .metricsFile:
            Row(.file("F"), with: [.run], "a file that figures are written to, in Prometheus' text format")
        case .fuseFD:
            Row(.integer("N", in: 0...Int(Int32.max)), with: [.run, .doctor], "an open descriptor of /dev/fuse to use")
        case .watch: Row(.flag, with: [.status], "show the status again and again")
        case .force:
            Row(
                .flag, with: [.run, .down, .pull, .push, .initialize],
                "fetch again, replace what exists, unmount what is in use or could not be drained",
                [
                    .run: "fetch again what is in place", .initialize: "replace the file that is there",
                    .down: "unmount also what is in use or could not be drained",
                ])
        case .quiet: Row(.flag, short: "q", with: Verb.allCases, "only errors and results")
        case .verbose: Row(.flag, short: "v", with: Verb.allCases, "say more about what is done")
        case .color:
            Row(
                .choice(ColorChoice.allCases.map(\.rawValue)), with: Verb.allCases,
                "colour the text; auto (default): on a terminal, unless NO_COLOR is set")
        case .noProgress: Row(.flag, with: Verb.transferring + [.down, .flush], "no progress display")
        case .help: Row(.request(.help), short: "h", with: Verb.allCases, "show help, also for one verb")
        case .version: Row(.request(.version), with: Verb.allCases, "print the version")
        }
    }

    /// As it is typed.
    var flag: String { "--" + rawValue }

    /// The environment variable that stands in for the option: PROVISION_DRY_RUN for --dry-run. One that asks for a
    /// verb has none, or an exported variable would turn every call into that verb.
    var twin: String? {
        if case .request = row.argument { return nil }
        return "PROVISION_" + rawValue.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
    }

    /// `--jobs N`
    var usage: String { row.argument.placeholder.map { flag + " " + $0 } ?? flag }

    static func named(short: Character) -> Option? { allCases.first { $0.row.short == short } }
    static func going(with verb: Verb) -> [Option] { allCases.filter { $0.row.verbs.contains(verb) } }
}

extension Verb {
    /// Those that find a task's state.
    fileprivate static let ofTasks: [Verb] = [.run, .status, .down, .flush]
    fileprivate static let draining: [Verb] = [.run, .down, .flush]
    fileprivate static let transferring: [Verb] = [.run, .pull, .push]
    /// One-off conversations with a store.
    fileprivate static let talking: [Verb] = [.check, .pull, .push, .ls]
    /// Those whose result a program may want to read.
    fileprivate static let reporting = ofTasks + talking + [.doctor, .cache, .version]
}
