import Glibc
import Platform

/// Whether mounts could be made. Facts only: nothing of this build makes any.
struct FUSEFindings {
    let environment: Environment

    init(_ environment: Environment) {
        self.environment = environment
    }

    var all: [Finding] {
        [
            device, helper,
            Finding("fuse", .plain, "mounts are not built yet: none of this matters for COPY"),
        ]
    }

    private var device: Finding {
        let path = "/dev/fuse"
        guard (try? FileStatus.isThere(path)) == true else { return Finding("fuse", .plain, "\(path) is not there") }
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else {
            return Finding("fuse", .plain, "\(path) cannot be opened: \(SystemError(code: errno).description)")
        }
        close(descriptor)
        return Finding("fuse", .plain, "\(path) can be opened")
    }

    private var helper: Finding {
        let folders = (environment.nonEmpty("PATH") ?? "/usr/bin:/bin").split(separator: ":")
        let path = folders.map { (folder: Substring) -> String in folder + "/fusermount3" }.first {
            access($0, X_OK) == 0
        }
        return Finding("fuse", .plain, path.map { "fusermount3 is \($0)" } ?? "fusermount3 is not in PATH")
    }
}
