/// How `provision` itself ends. The numbers are those of sysexits.h where it has one, so that batch systems can tell
/// "your file is wrong" from "try again"; 28 is ENOSPC.
public enum ExitStatus: Int32, Sendable, CaseIterable {
    case done = 0
    case noSpace = 28
    case usage = 64
    case unreadableYAML = 65
    case missingInput = 66
    case unreachable = 69
    case bug = 70
    case systemRefused = 71
    case badDestination = 73
    case inputOutput = 74
    case temporary = 75
    case denied = 77
    case badConfiguration = 78

    /// Of several failures the one that a person has to mend first decides.
    private static let precedence: [ExitStatus] = [
        .unreadableYAML, .badConfiguration, .missingInput, .denied, .badDestination, .systemRefused, .noSpace,
        .inputOutput, .unreachable, .temporary,
    ]

    /// The status that a run with these failures ends with; `done` when there are none.
    public static func deciding(among failures: some Sequence<ExitStatus>) -> ExitStatus {
        let occurred = Set(failures)
        return precedence.first(where: occurred.contains) ?? occurred.first ?? .done
    }
}
