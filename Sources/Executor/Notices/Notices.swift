import JSON
import Platform

/// What a run wants to be shown of its task without anybody asking: to whoever waits for it, watches it or has started it.
public struct Notices: Sendable, Equatable {
    /// There while all mounts are.
    public var readyFile: NoticeFile?
    /// Figures, for Prometheus.
    public var metricsFile: NoticeFile?
    public var serviceManager: ServiceManager?

    public init(readyFile: NoticeFile?, metricsFile: NoticeFile?, serviceManager: ServiceManager?) {
        self.readyFile = readyFile
        self.metricsFile = metricsFile
        self.serviceManager = serviceManager
    }

    public static let none = Notices(readyFile: nil, metricsFile: nil, serviceManager: nil)

    var isEmpty: Bool { readyFile == nil && metricsFile == nil && serviceManager == nil }

    var json: JSONValue {
        [
            "ready": .optional(readyFile?.path), "metrics": .optional(metricsFile?.path),
            "manager": .optional(serviceManager?.address),
        ]
    }

    init(_ json: JSONValue) {
        readyFile = json["ready"]?.text.map(NoticeFile.init(at:))
        metricsFile = json["metrics"]?.text.map(NoticeFile.init(at:))
        serviceManager = json["manager"]?.text.map(ServiceManager.init(address:))
    }
}

extension MountError {
    static func noReadyFile(_ file: NoticeFile, _ error: SystemError) -> MountError {
        MountError(
            code: "ready-file", message: "the ready file \(file.path) cannot be written: \(error.description)",
            hint: nil, isRetryable: false, exitStatus: .badDestination)
    }
}
