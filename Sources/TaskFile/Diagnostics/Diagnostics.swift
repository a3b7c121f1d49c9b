/// Collects the problems of one file as it is read.
final class Diagnostics {
    let file: String
    /// What no message may hold.
    var secrets = SecretValues()
    private(set) var all: [Diagnostic] = []

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
        all.append(
            Diagnostic(severity, code, message, hint: hint, file: file, position: position, path: path)
                .without(secrets))
    }

    func add(_ diagnostics: [Diagnostic]) {
        all += diagnostics
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
