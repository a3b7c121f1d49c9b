public import Platform

/// Where the caches of this user are unless a task says otherwise: a folder for each, called by its name.
public struct CachesFolder: Sendable {
    public let path: String

    public static let usualName = "default"

    /// `/var/cache/provision` as root, else below the user's own folders.
    public init(_ stated: String?, environment: Environment, workingFolder: String, isRoot: Bool) {
        path = ProgramFolder.caches.path(stated, environment, workingFolder: workingFolder, isRoot: isRoot)
    }

    public func folder(of name: String) -> String { path + "/" + name }
}
