public import Cache
import Platform
public import TaskFile

/// The cache that a mount reads through.
public struct PlannedCache: Sendable, Equatable {
    public var folder: String
    /// Nothing where those hold that were stated last.
    public var limits: CacheLimits?

    public init(folder: String, limits: CacheLimits?) {
        self.folder = folder
        self.limits = limits
    }

    /// Nothing for a mount without one.
    public init?(_ mount: Mount, on machine: Machine) {
        let usual = machine.caches + "/" + CachesFolder.usualName
        switch mount.cache {
        case .named(let name): self.init(folder: machine.caches + "/" + name, limits: nil)
        case .own(let size, let age, let folder):
            self.init(
                folder: folder.map { machine.path(ofSource: $0) } ?? usual, limits: CacheLimits(size: size, age: age))
        case nil:
            // As SkyPilot's users know it of rclone.
            let tuning = mount.mount.tuning
            guard tuning.cacheSize != nil || tuning.cacheAgeMilliseconds != nil else { return nil }
            self.init(folder: usual, limits: CacheLimits(size: tuning.cacheSize, age: tuning.cacheAgeMilliseconds))
        }
    }

    /// Whether it would be read through the mount itself.
    func isInside(_ mount: PlannedMount) -> Bool {
        let (folder, place) = (RawPath(Paths.normalized(folder)), RawPath(mount.path))
        return folder == place || folder.isBelow(place)
    }
}

extension CacheLimits {
    fileprivate init(size: Int?, age milliseconds: Int?) {
        self.init(size: size, maxAge: milliseconds.map { TimeSpan(milliseconds: $0) })
    }
}
