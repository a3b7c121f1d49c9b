import CShims

/// Keeps what is in our memory, secrets among it, to this process.
public enum ProcessPrivacy {
    /// From now on there is no core dump and no debugger of the same user. What cannot be kept private is no reason to stop.
    public static func begin() {
        _ = shim_keep_private()
    }
}
