/// Collects the problems of one file as it is read.
final class Diagnostics {
    let file: String
    private(set) var all: [Diagnostic] = []

    init(file: String) {
        self.file = file
    }

    func error(_ code: DiagnosticCode, _ message: String, hint: String? = nil, at position: Position?, _ path: String?)
    {
        all.append(Diagnostic(.error, code, message, hint: hint, file: file, position: position, path: path))
    }

    func warning(
        _ code: DiagnosticCode, _ message: String, hint: String? = nil, at position: Position?, _ path: String?
    ) {
        all.append(Diagnostic(.warning, code, message, hint: hint, file: file, position: position, path: path))
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
        return ordered.reduce(into: []) { kept, diagnostic in
            if diagnostic.file == file || !kept.contains(diagnostic) { kept.append(diagnostic) }
        }
    }
}
