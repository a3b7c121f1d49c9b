public import Platform

/// The stable names of problems. Programs match on them, so a name is never reused for something else.
public enum DiagnosticCode: String, Sendable, CaseIterable {
    // Found in the file alone.
    case yamlSyntax = "yaml-syntax"
    case duplicateKey = "duplicate-key"
    case aliasLimit = "alias-limit"
    case missingLocalSource = "missing-local-source"
    case notAMapping = "not-a-mapping"
    case missingFileMounts = "missing-file-mounts"
    case unknownKey = "unknown-key"
    case badType = "bad-type"
    case badValue = "bad-value"
    case missingSource = "missing-source"
    case badDestination = "bad-destination"
    case duplicateDestination = "duplicate-destination"
    case nestedDestination = "nested-destination"
    case badScheme = "bad-scheme"
    case badBucketName = "bad-bucket-name"
    case badPrefix = "bad-prefix"
    case storeConflict = "store-conflict"
    case modeConflict = "mode-conflict"
    case keyConflict = "key-conflict"
    case undefinedVariable = "undefined-variable"
    case requiredVariable = "required-variable"
    case unknownProvider = "unknown-provider"
    case unsafeEndpoint = "unsafe-endpoint"

    // Found by asking the stores and the machine.
    case unreachable
    case notFound = "not-found"
    case denied
    case noCredentials = "no-credentials"
    case expiredCredentials = "expired-credentials"
    case wrongRegion = "wrong-region"
    case notEnoughDisk = "not-enough-disk"
    case notEnoughInodes = "not-enough-inodes"
    case noFUSE = "no-fuse"
    case nonemptyDestination = "nonempty-destination"
    case destinationDenied = "destination-denied"
    case archivedObject = "archived-object"
    case unsupportedStore = "unsupported-store"
    /// A disk, or what stands in for one, does not do what it should.
    case inputOutput = "input-output"

    /// A key of the contract whose feature this build does not have: said offline as a warning, refused when asked to run.
    case notBuilt = "not-built"

    public var exitStatus: ExitStatus {
        switch self {
        case .yamlSyntax, .duplicateKey, .aliasLimit: .unreadableYAML
        case .missingLocalSource, .notFound: .missingInput
        case .unreachable: .unreachable
        case .denied, .noCredentials, .expiredCredentials: .denied
        case .notEnoughDisk, .notEnoughInodes: .noSpace
        case .noFUSE: .systemRefused
        case .nonemptyDestination, .destinationDenied: .badDestination
        case .inputOutput: .inputOutput
        case .notBuilt: .usage
        case .notAMapping, .missingFileMounts, .unknownKey, .badType, .badValue, .missingSource, .badDestination,
            .duplicateDestination, .nestedDestination, .badScheme, .badBucketName, .badPrefix, .storeConflict,
            .modeConflict, .keyConflict, .undefinedVariable, .requiredVariable, .unknownProvider, .unsafeEndpoint,
            .wrongRegion, .archivedObject, .unsupportedStore:
            .badConfiguration
        }
    }
}
