import Platform

/// Whether mounts could be made. Facts only: COPY needs none of it.
enum FUSEFindings {
    static var all: [Finding] {
        guard let obstacle = FUSEDevice.obstacle else {
            return [Finding("fuse", .good, "\(FUSEDevice.path) can be opened, and this user may mount: MOUNT can work")]
        }
        return [Finding("fuse", .plain, "MOUNT cannot work: \(obstacle.message)")]
    }
}
