public import TaskFile

/// Tells which mount a problem belongs to.
public struct MountPaths: Sendable {
    private let destinations: [String: String]

    public init(_ plans: [Plan]) {
        let mounts = plans.flatMap(\.mounts)
        destinations = Dictionary(
            mounts.map { ($0.mount.path, $0.shownDestination) }, uniquingKeysWith: { first, _ in first })
    }

    /// The destination of the mount that the problem's path is in: the longest beginning, up to a dot or bracket, that is a
    /// mount's own path. Nothing for a problem of the whole task.
    public func destination(of diagnostic: Diagnostic) -> String? {
        guard var rest = diagnostic.path?[...] else { return nil }
        while true {
            if let found = destinations[String(rest)] { return found }
            guard let end = rest.lastIndex(where: { $0 == "." || $0 == "[" }) else { return nil }
            rest = rest[..<end]
        }
    }
}
