import Glibc
import Platform

/// Whether mounts could be made, and what is missing for each way of making them. COPY needs none of it. What can be tried is
/// tried where nobody sees it.
enum FUSEFindings {
    /// `passed`: a descriptor of the device that there is.
    static func all(passed: Int32?) -> [Finding] {
        var findings: [Finding] = []
        if let passed {
            let obstacle = PassedDevice.obstacle(passed, hasPlace: true)
            findings.append(
                obstacle.map { Finding("descriptor", missing: $0) }
                    ?? Finding("descriptor", .good, "\(passed) can be served, or mounted with: one MOUNT can work"))
        }
        let device = FUSEDevice.obstacle
        findings.append(
            device.map { Finding("fuse device", missing: $0) }
                ?? Finding("fuse device", .good, "\(FUSEDevice.path) can be opened"))
        let mayMount = MountRights.mayMount
        var ways: [MountingWay] = []
        if device == nil {
            for way in MountingWay.allCases where way.isWorthAsking(mayMount: mayMount) {
                if let obstacle = way.obstacle(isTried: true) {
                    findings.append(Finding(way.topic, missing: obstacle))
                } else {
                    ways.append(way)
                    findings.append(Finding(way.topic, .good, way.promise))
                }
            }
        }
        if ways.contains(.helper), !MountHelper.allowsOthers {
            findings.append(Finding("user_allow_other", missing: .othersByHelper))
        }
        if let profile = MountRights.profile { findings.append(Finding("profile", .plain, profile)) }
        findings.append(Finding("fuse", ways.isEmpty ? .plain : .good, verdict(ways, findings)))
        return findings
    }

    private static func verdict(_ ways: [MountingWay], _ findings: [Finding]) -> String {
        if ways == [.ownNamespaces] { return "MOUNT can work with a COMMAND (`-- COMMAND`), and not without" }
        guard ways.isEmpty else { return "MOUNT can work" }
        let reasons = findings.filter { $0.state == .plain && $0.mends != nil }.map(\.text)
        return "MOUNT cannot work: " + reasons.joined(separator: "; ")
    }
}

extension MountingWay {
    fileprivate func isWorthAsking(mayMount: Bool) -> Bool {
        switch self {
        case .direct: true
        case .ownNamespaces: !mayMount
        case .helper: !mayMount && geteuid() != 0
        }
    }

    fileprivate var topic: String {
        switch self {
        case .direct: "mounting"
        case .ownNamespaces: "mounting for COMMAND"
        case .helper: "mounting by fusermount3"
        }
    }

    fileprivate var promise: String {
        switch self {
        case .direct: "this user may mount"
        case .ownNamespaces: "this user may mount in namespaces of its own, for COMMAND alone"
        case .helper: "\(MountHelper.name) is there and has root's rights"
        }
    }
}

extension Finding {
    fileprivate init(_ topic: String, missing obstacle: MountingObstacle) {
        self.init(topic, .plain, obstacle.message)
        mends = Mends(obstacle)
    }
}
