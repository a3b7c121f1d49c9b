import ObjectStore
import Plan
import Platform
import TaskFile

/// As whom the buckets of each cloud would be asked, and how this machine's clock stands to theirs.
struct IdentityFindings {
    let all: [Finding]

    /// Any bucket of a cloud: the search is the same for all that no provider claims.
    private static let clouds = [
        ("aws", "s3://provision-doctor"), ("google", "gs://provision-doctor"), ("azure", "azure://provision-doctor"),
    ]

    init(_ input: SourceInput, within limit: TimeSpan?) throws(Failure) {
        let stores = try input.stores()
        var asked: [(cloud: String, mount: Mount)] = []
        for (cloud, bucket) in Self.clouds {
            if case .success(let mount) = try input.mount(of: bucket) { asked.append((cloud, mount)) }
        }
        let mounts = asked.map(\.mount)
        guard case .done(let found) = Asking(limit).run({ await Self.identities(of: mounts, stores) }) else {
            all = [Finding("credentials", .plain, "the time limit has passed before they were found")]
            return
        }
        all = zip(asked, found).flatMap { asked, found in
            Self.findings(asked.cloud, found) + Self.clock(of: asked.mount, found, stores)
        }
    }

    /// All at once: whoever waits in vain for the services of one cloud's machines does not wait for the next one's as well.
    private static func identities(of mounts: [Mount], _ stores: CloudStores) async -> [FoundIdentity] {
        await withTaskGroup(of: (Int, FoundIdentity).self) { group in
            for (index, mount) in mounts.enumerated() {
                group.addTask { (index, await stores.identity(of: mount)) }
            }
            var found: [(Int, FoundIdentity)] = []
            for await identity in group { found.append(identity) }
            return found.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private static func findings(_ cloud: String, _ found: FoundIdentity) -> [Finding] {
        let looked = found.attempts.map { Finding("\(cloud), looked at", .plain, $0.description) }
        guard let origin = found.origin else {
            return looked + [Finding("\(cloud) credentials", .plain, found.error?.message ?? "none")]
        }
        return looked + [Finding("\(cloud) credentials", .good, origin.description)]
    }

    /// A cloud is disturbed only by those who are known there. Who does not answer soon shall not keep the rest from being said.
    private static func clock(of mount: Mount, _ found: FoundIdentity, _ stores: CloudStores) -> [Finding] {
        guard mount.access.endpoint != nil || found.origin != nil else { return [] }
        guard case .done(let comparison) = Asking(TimeSpan(milliseconds: 5000)).run({ await stores.clock(of: mount) })
        else {
            return [Finding("clock", .plain, "not compared: nobody answers within 5 s")]
        }
        return comparison.map { [Finding($0)] } ?? []
    }
}
