/// Collects the problems of one file as it is read.
final class Diagnostics {
    let file: String
    /// What no message may hold.
    var secrets = SecretValues()
    private var kept: [Diagnostic] = []
    /// More than anybody reads: the rest is counted.
    private static let most = 1000
    private var more = (count: 0, first: nil as Diagnostic?)

    init(file: String) {
        self.file = file
    }

    func error(_ code: DiagnosticCode, _ message: String, hint: String? = nil, at position: Position?, _ path: String?)
    {
        append(.error, code, message, hint, position, path)
    }

    func warning(
        _ code: DiagnosticCode, _ message: String, hint: String? = nil, at position: Position?, _ path: String?
    ) {
        append(.warning, code, message, hint, position, path)
    }

    private func append(
        _ severity: Diagnostic.Severity, _ code: DiagnosticCode, _ message: String, _ hint: String?,
        _ position: Position?, _ path: String?
    ) {
        add(
            Diagnostic(severity, code, message, hint: hint, file: file, position: position, path: path)
                .without(secrets))
    }

    private func add(_ diagnostic: Diagnostic) {
        guard isFull else { return kept.append(diagnostic) }
        more.count += 1
        // That errors are among them must not be lost.
        if more.first == nil || more.first?.severity == .warning && diagnostic.severity == .error {
            more.first = diagnostic
        }
    }

    private var isFull: Bool { kept.count >= Self.most }

    /// Whether a good hint is worth looking for: who has a hundred problems has one that is behind them all.
    var wantsHints: Bool { kept.count < 100 }

    /// The problems, and one that stands for those too many to list.
    var all: [Diagnostic] {
        guard var last = more.first else { return kept }
        last.message = "and \(more.count) more problems"
        last.hint = nil
        return kept + [last]
    }

    func add(_ diagnostics: [Diagnostic]) {
        diagnostics.forEach(add)
    }
}

extension [Diagnostic] {
    /// In the order of the file; problems of one place in the order in which they were found. Those of other files
    /// (providers) come last, and once, however many tasks read them.
    public func inOrder(of file: String) -> [Diagnostic] {
        let ordered = enumerated().sorted { left, right in
            let key = { (item: EnumeratedSequence<[Diagnostic]>.Element) in
                (item.element.file == file ? 0 : 1, item.element.position ?? .start, item.offset)
            }
            return key(left) < key(right)
        }.map(\.element)
        var seen: Set<Diagnostic> = []
        return ordered.filter { $0.file == file || seen.insert($0).inserted }
    }
}
