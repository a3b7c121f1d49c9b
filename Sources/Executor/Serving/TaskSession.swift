import MountSession

/// `provision __session`: the process that serves one mount of a task. Its arguments, the state folder and the
/// destination, are for whoever looks at processes.
public enum TaskSession {
    public static let word = "__session"

    public static func run() -> Never {
        SessionProcess.run(ServedFileSystem.make)
    }
}
