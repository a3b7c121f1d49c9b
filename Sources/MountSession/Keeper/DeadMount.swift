public import Platform

/// Mounts whose keeper has died: whoever looks into one gets ENOTCONN.
public enum DeadMount {
    public enum State: Sendable, Equatable {
        /// Nothing of FUSE's is mounted there, or it is not there at all.
        case absent
        case dead
        /// Somebody serves, or does not say that nobody does.
        case alive
    }

    /// How long a server that is alive may take to say so.
    static let askingMilliseconds = 5000

    public static func state(at path: RawPath) -> State {
        guard let place = try? OwnedDescriptor.open(path, FileFlags.pathItself) else { return .absent }
        return state(of: place)
    }

    static func state(of place: borrowing OwnedDescriptor) -> State {
        guard let mount = MountTable.mount(rootedAt: place),
            MountTable.type(ofMount: mount)?.hasPrefix("fuse") == true
        else { return .absent }
        guard let copy = try? place.duplicate() else { return .alive }
        let answer = Probe.ask(SharedDescriptor(copy), milliseconds: askingMilliseconds)
        return answer == .failed(.notConnected) ? .dead : .alive
    }

    /// Takes away what is dead, however often something dead was mounted over it. Says what is left.
    public static func remove(at path: RawPath) throws(SystemError) -> State {
        for _ in 0..<64 {
            let state = state(at: path)
            guard state == .dead else { return state }
            try MountPlace.detachOrFail(path)
        }
        return state(at: path)
    }
}
