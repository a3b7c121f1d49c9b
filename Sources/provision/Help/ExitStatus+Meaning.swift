import Platform

extension ExitStatus {
    /// For the manual page.
    var meaning: String {
        switch self {
        case .done: "done"
        case .noSpace: "not enough space or inodes on the disk"
        case .usage: "the command line is wrong, or asks for what is not there yet"
        case .unreadableYAML: "the task file is no readable YAML"
        case .missingInput: "a source or the task file does not exist"
        case .unreachable: "an endpoint cannot be reached"
        case .bug: "a bug in provision"
        case .systemRefused: "FUSE or the operating system refused"
        case .badDestination: "a destination or file cannot be made"
        case .inputOutput: "reading or writing failed, or a checksum is wrong"
        case .temporary: "a temporary failure, worth a retry"
        case .denied: "credentials are missing, expired or lack a permission"
        case .badConfiguration: "the task file or the configuration is invalid"
        }
    }
}
