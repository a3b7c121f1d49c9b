import Glibc

/// The terminal that signals of this process come from, and which of its groups may use it.
public struct Terminal {
    private let descriptor: SharedDescriptor

    /// Nothing where there is none.
    public init?() {
        guard let descriptor = try? OwnedDescriptor.open("/dev/tty", O_RDWR | O_NOCTTY) else { return nil }
        self.descriptor = SharedDescriptor(descriptor)
    }

    /// Those who read from it, and who get what is typed as ^C and ^Z.
    public var foreground: Int32 { tcgetpgrp(descriptor.file.raw) }

    /// Also for who is not in the foreground. False when the group or the terminal has gone.
    @discardableResult
    public func give(to group: Int32) -> Bool {
        SignalMask.blocking(SIGTTOU) { tcsetpgrp(descriptor.file.raw, group) == 0 }
    }
}
