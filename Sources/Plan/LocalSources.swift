import Platform
import TaskFile

/// Looks whether local sources are there, which needs no network.
struct LocalSources {
    let file: String
    let machine: Machine

    func check(_ planned: PlannedMount) -> [Diagnostic] {
        planned.mount.sources.compactMap { source in
            machine.path(of: source.location, planned.mount).flatMap { check($0, source) }
        }
    }

    private func check(_ path: String, _ source: Source) -> Diagnostic? {
        do throws(SystemError) {
            guard try !FileStatus.isThere(path) else { return nil }
            return diagnostic(
                .missingLocalSource, "`\(source.shown)` does not exist", hint: hint(for: path, source), source)
        } catch {
            let code: DiagnosticCode = error.isDenial ? .missingLocalSource : DiagnosticCode(ofLocalSource: error)
            return diagnostic(code, "`\(source.shown)` cannot be reached: \(error.description)", hint: nil, source)
        }
    }

    private func diagnostic(_ code: DiagnosticCode, _ message: String, hint: String?, _ source: Source) -> Diagnostic {
        Diagnostic(.error, code, message, hint: hint, file: file, position: source.position, path: source.path)
    }

    /// The name in the same folder that was probably meant, or the folder that is missing already.
    private func hint(for path: String, _ source: Source) -> String? {
        let path = Paths.normalized(path)
        for folder in Paths.parents(of: path) {
            guard let there = try? FileStatus.isThere(folder), there else {
                return "the folder \(folder) does not exist"
            }
        }
        let name = Paths.lastComponent(of: path)
        let folder = String(path.dropLast(name.count))
        if let near = nearestName(to: name, among: FileStatus.names(in: folder)) {
            return "did you mean \(folder)\(near)?"
        }
        guard case .local(let written) = source.location, !written.value.hasPrefix("/"), !written.value.hasPrefix("~/")
        else { return nil }
        return "relative sources are looked up in the working folder, \(machine.workingFolder)"
    }
}

extension DiagnosticCode {
    /// What is not there is one thing, and what cannot be read another: a disk that fails must not look like a slip of the pen.
    init(ofLocalSource error: SystemError) {
        self =
            if error.isDenial {
                .denied
            } else if error.isAbsence || error.isOfName {
                .missingLocalSource
            } else {
                .inputOutput
            }
    }
}
