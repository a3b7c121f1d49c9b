import Platform

/// A task file, read and checked. Reading never stops at the first problem: all are reported, and `tasks` has what could
/// be made out, which is worth running only when none of them is an error.
public struct TaskFile: Sendable {
    /// The file as the user named it.
    public var file: String
    /// The name of the whole: a header's, the only task's, else the file's stem.
    public var name: String
    public var tasks: [TaskDefinition]
    /// Problems of the file itself, those of its tasks not among them.
    public var fileDiagnostics: [Diagnostic]

    /// Larger files are refused, so nobody needs to read more of one.
    public static let sizeLimit = YAMLLimits.bytes

    /// All problems, in the order of the file.
    public var diagnostics: [Diagnostic] {
        (fileDiagnostics + tasks.flatMap(\.diagnostics)).inOrder(of: file)
    }

    /// Reads the bytes of a file. `file` is its name as the user gave it, `<stdin>` for standard input.
    public static func read(_ bytes: [UInt8], file: String, context: TaskContext) -> TaskFile {
        let diagnostics = Diagnostics(file: file)
        let (documents, problem) = YAMLReader.documents(of: bytes)
        let ambient = AmbientProviders(context)
        diagnostics.add(ambient.diagnostics)
        var reader = DocumentsReader(
            diagnostics: diagnostics, context: context, ambient: ambient, stem: stem(of: file))
        reader.read(documents, isWhole: problem == nil)
        if let problem {
            diagnostics.error(problem.code, problem.message, hint: problem.hint, at: problem.position, nil)
        }
        return TaskFile(file: file, name: reader.name, tasks: reader.tasks, fileDiagnostics: diagnostics.all)
    }

    /// `train` for `jobs/train.yaml`.
    public static func stem(of file: String) -> String {
        guard file != "<stdin>" else { return "stdin" }
        let base = file.split(separator: "/").last ?? "task"
        guard let dot = base.lastIndex(of: "."), dot > base.startIndex else { return String(base) }
        return String(base[..<dot])
    }
}

/// Goes through the documents of a file: which of them are tasks, and what they are called.
private struct DocumentsReader {
    let diagnostics: Diagnostics
    let context: TaskContext
    let ambient: AmbientProviders
    let stem: String
    var name: String
    var tasks: [TaskDefinition] = []

    init(diagnostics: Diagnostics, context: TaskContext, ambient: AmbientProviders, stem: String) {
        self.diagnostics = diagnostics
        self.context = context
        self.ambient = ambient
        self.stem = stem
        name = stem
    }

    mutating func read(_ documents: [YAMLNode], isWhole: Bool) {
        var mappings: [YAMLNode] = []
        for document in documents {
            if case .mapping = document.content {
                mappings.append(document)
            } else {
                diagnostics.error(
                    .notAMapping, "a task is a mapping, found \(document.kindName)",
                    hint: "it begins with a key such as file_mounts:", at: document.position, nil)
            }
        }
        if let header = mappings.first, mappings.count > 1, keys(of: header) == [TaskKeys.name] {
            mappings.removeFirst()
            name = taskName(of: header) ?? stem
        } else if mappings.count == 1 {
            name = taskName(of: mappings[0]) ?? stem
        }
        for (index, document) in mappings.enumerated() {
            let fallback = mappings.count == 1 ? stem : "\(stem)-\(index + 1)"
            let taskName = mappings.count == 1 ? name : taskName(of: document) ?? fallback
            let reader = TaskReader(
                diagnostics: Diagnostics(file: diagnostics.file), context: context, ambient: ambient,
                document: document, name: taskName,
                number: index + 1)
            tasks.append(reader.task())
            if mappings.count > 1, tasks.dropLast().contains(where: { $0.name == taskName }) {
                diagnostics.error(
                    .badValue, "two tasks of the file are called `\(taskName)`",
                    hint: "status and journal are kept by name: give each its own", at: namePosition(of: document),
                    TaskKeys.name)
            }
        }
        if isWhole, documents.count == mappings.count || !mappings.isEmpty || documents.isEmpty {
            reportMissingFileMounts(mappings)
        }
    }

    private func keys(of document: YAMLNode) -> [String] {
        guard case .mapping(let pairs) = document.content else { return [] }
        return pairs.compactMap { $0.key.scalar?.text }
    }

    private func namePosition(of document: YAMLNode) -> Position {
        guard case .mapping(let pairs) = document.content else { return document.position }
        return pairs.first { $0.key.scalar?.text == TaskKeys.name }?.value.position ?? document.position
    }

    private func taskName(of document: YAMLNode) -> String? {
        guard case .mapping(let pairs) = document.content,
            let pair = pairs.first(where: { $0.key.scalar?.text == TaskKeys.name }), !pair.value.isNull
        else { return nil }
        guard
            case .text(let text)? = FieldReader(diagnostics: diagnostics).value(
                of: pair.value, .text, path: TaskKeys.name)
        else { return nil }
        return text.value
    }

    private func reportMissingFileMounts(_ documents: [YAMLNode]) {
        let allKeys = documents.flatMap(keys)
        guard !allKeys.contains(TaskKeys.fileMounts) else { return }
        let similar = allKeys.first { key in
            !TaskKeys.all.contains(key) && nearestName(to: key, among: [TaskKeys.fileMounts]) != nil
        }
        diagnostics.error(
            .missingFileMounts, "no document of the file has `file_mounts`",
            hint: similar.map { "did you mean file_mounts where `\($0)` stands?" }
                ?? "add `file_mounts:` with DEST: SOURCE below it, or `file_mounts: {}` for none",
            at: .start, nil)
    }
}
