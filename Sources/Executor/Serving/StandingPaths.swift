import Plan
import Platform
import TaskFile

// Sessions stand in `/`, so that nothing of whoever ran the task is in use. What was relative to where he stood is made
// absolute for them.

extension StoreAccess {
    func standing(on machine: Machine) -> StoreAccess {
        var access = self
        if case .authority(let file)? = tls { access.tls = .authority(file: machine.standing(file)) }
        access.webIdentityTokenFile = webIdentityTokenFile.map(machine.standing)
        return access
    }
}

extension Environment {
    /// Variables that name a file which is looked at again and again.
    private static let files = [
        "SSL_CERT_FILE", "AWS_CA_BUNDLE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    ]

    /// The same for folders, of which one variable names several.
    private static let folders = "SSL_CERT_DIR"

    func standing(on machine: Machine) -> Environment {
        var changed = Self.files.compactMap { name in
            nonEmpty(name).map { "\(name)=\(machine.standing($0))" }
        }
        if let folders = nonEmpty(Self.folders) {
            let all = folders.split(separator: ":").map { machine.standing(String($0)) }
            changed.append("\(Self.folders)=\(all.joined(separator: ":"))")
        }
        // Of two lines the last one counts.
        return Environment(lines: lines + changed)
    }
}

extension Machine {
    fileprivate func standing(_ path: String) -> String {
        path.hasPrefix("/") || path == "~" || path.hasPrefix("~/") ? path : workingFolder + "/" + path
    }
}
