import Glibc

extension Environment {
    /// The program of a name that is first in PATH; nothing where there is none. It looks at disks.
    public func path(ofProgram name: String) -> String? {
        let folders = (nonEmpty("PATH") ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
        return folders.map { $0 + "/" + name }.first { access($0, X_OK) == 0 }
    }
}
