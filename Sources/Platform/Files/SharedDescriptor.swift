/// An open file with several users, closed when the last of them lets go of it. Work on other threads holds one, so that
/// the number cannot come to mean another file while it is written to.
public final class SharedDescriptor: Sendable {
    public let file: OwnedDescriptor

    public init(_ file: consuming OwnedDescriptor) {
        self.file = file
    }
}
