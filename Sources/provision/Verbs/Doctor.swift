import Cache
import Executor
import JSON
import ObjectStore
import Plan
import Platform
import TaskFile

/// `provision doctor`: what this machine has of what copies need. A store is asked for nothing but the time; mounting
/// is tried where nobody sees it.
enum Doctor {
    static func perform(_ invocation: Invocation) throws(Failure) -> ExitStatus {
        let invocation = try invocation.configured()
        let input = SourceInput(invocation)
        var findings = try IdentityFindings(input, within: invocation.settings.timeout).all
        findings += MountFindings.all(try TaskChoice(invocation).folders, invocation.environment)
        findings += MachineFindings(invocation.environment).all
        findings.append(try state(invocation, input))
        findings.append(caches(try input.machine().caches))
        findings += FUSEFindings.all(passed: invocation.settings.fuseFD)
        let canCopy = !findings.contains { $0.state == .bad }
        let status = canCopy ? ExitStatus.done : .systemRefused
        switch invocation.settings.output {
        case .text: try Results.write(text(findings, canCopy, invocation.style(for: .output)))
        case .json, .ndjson:
            let document: JSONValue = [
                "v": 1, "ok": .boolean(canCopy), "exit_code": .integer(Int(status.rawValue)),
                "findings": .array(findings.map(\.json)),
            ]
            try Results.write((invocation.settings.output == .json ? document.pretty : document.compact) + "\n")
        }
        return status
    }

    private static func text(_ findings: [Finding], _ canCopy: Bool, _ style: TerminalStyle) -> String {
        let width = findings.map(\.topic.count).max() ?? 0
        let lines = findings.map { finding in
            let mark =
                switch finding.state {
                case .good: style.green("ok  ")
                case .plain: "-   "
                case .bad: style.red("bad ")
                }
            let indent = String(repeating: " ", count: width + 7)
            let mends = (finding.mends?.all ?? []).map { platform, mend in
                "\(indent)\(platform.padded(to: Mends.platformWidth))  \(mend)\n"
            }
            return "\(mark) \(finding.topic.padded(to: width))  \(finding.text.printable)\n" + mends.joined()
        }
        return lines.joined() + "\n" + (canCopy ? style.green("COPY can work") : style.red("COPY cannot work")) + "\n"
    }

    // MARK: What is kept

    private static func state(_ invocation: Invocation, _ input: SourceInput) throws(Failure) -> Finding {
        let folder = StateFolder(at: try input.machine().state)
        do throws(TrustedPath.Failure) {
            let nearest = try TrustedPath(RawPath(folder.path)).nearestFolder()
            do throws(SystemError) {
                try nearest.folder.checkWritable()
            } catch {
                return Finding("state folder", .bad, "\(folder.path) cannot be written to: \(error.description)")
            }
            let memory = folder.isInMemory ? "; in memory (tmpfs): lost when the machine stops" : ""
            let absence = nearest.missing.isEmpty ? "" : "; made when it is needed"
            return Finding("state folder", .good, folder.path + absence + memory)
        } catch {
            return Finding("state folder", .bad, "\(folder.path) cannot be made: \(error.reason)")
        }
    }

    /// Copies can do without.
    private static func caches(_ folder: String) -> Finding {
        do throws(CacheFailure) {
            let hasRoom = try DiskCache.hasRoom(inFolderAt: RawPath(folder).appending(RawPath(CachesFolder.usualName)))
            return Finding("caches", hasRoom ? .good : .plain, folder + (hasRoom ? "" : "; the disk is nearly full"))
        } catch {
            return Finding("caches", .plain, error.message)
        }
    }
}
