import Executor
import JSON
import Platform

/// The mounts and copies of this machine's tasks, and as whom each is asked for.
enum MountFindings {
    static func all(_ tasks: [TaskFolder], _ environment: Environment) -> [Finding] {
        var findings: [Finding] = []
        for folder in tasks {
            do throws(MountError) {
                guard case .array(let mounts)? = try TaskReport(folder, environment).document["mounts"] else {
                    continue
                }
                findings += mounts.map { finding($0, of: folder.task) }
            } catch {
                findings.append(Finding("task \(folder.task)", .plain, error.message))
            }
        }
        return findings
    }

    private static func finding(_ mount: JSONValue, of task: String) -> Finding {
        let name = mount["destination"]?.text ?? ""
        let state = mount["state"]?.text ?? ""
        // Of what was not begun nobody has asked.
        let identity = mount["identity"]?.text.map { ", \($0)" } ?? ""
        return Finding("\(name) of \(task)", .plain, state + identity)
    }
}
