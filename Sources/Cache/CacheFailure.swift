public import Platform

/// Why a folder cannot be a cache.
public struct CacheFailure: Error, Sendable, Equatable {
    public var folder: RawPath
    public var reason: String
    /// What lies beneath.
    var error: SystemError?

    init(_ folder: RawPath, _ reason: String, error: SystemError? = nil) {
        self.folder = folder
        self.reason = reason
        self.error = error
    }

    public var message: String { "the cache folder \(folder.text.printable) cannot be used: \(reason.printable)" }
}
