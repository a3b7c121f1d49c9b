import CShims
import Glibc

/// `fusermount3`: the program of FUSE's that has root's rights, and mounts for other users what they may mount. It passes the
/// device that it has opened back over a socket.
public struct MountHelper: Sendable {
    public static let name = "fusermount3"
    private static let configuration = "/etc/fuse.conf"
    /// By which it is told where to pass the device.
    private static let variable = "_FUSE_COMMFD"

    public let path: String

    /// What it says of why it did not.
    public struct Refusal: Error, Sendable, Equatable {
        public var text: String
        public var isBusy: Bool { text.contains("busy") }
    }

    /// The one in PATH; nothing where there is none.
    public init?(_ environment: Environment = .ofThisProcess()) {
        guard let found = environment.path(ofProgram: Self.name) else { return nil }
        path = found
    }

    /// Whether it has root's rights when it is run; without them it can do no more than we can.
    public var isPrivileged: Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_uid == 0 && status.st_mode & S_ISUID != 0
            && !MountRights.isWithoutNewPrivileges && OwnNamespaces.knowsRoot
    }

    /// Whether users may let others into their mounts.
    public static var allowsOthers: Bool {
        guard let bytes = try? FileReading.bytes(of: configuration, limit: 1 << 16) else { return false }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").contains { line in
            line.filter { !$0.isWhitespace } == "user_allow_other"
        }
    }

    // MARK: What it does

    /// Mounts, and returns the device, on which INIT waits for its answer.
    public func mount(at place: RawPath, _ options: [String]) throws(Refusal) -> SharedDescriptor {
        var ends: [Int32] = [-1, -1]
        guard shim_local_pair(&ends) == 0 else { throw Refusal(text: SystemError().description) }
        let ours = OwnedDescriptor(owning: ends[0])
        let its = OwnedDescriptor(owning: ends[1])
        let outcome = try run(["-o", options.joined(separator: ","), "--", place.text], passingTo: its.raw)
        var byte: UInt8 = 0
        var passed = [Int32](repeating: -1, count: Int(shim_local_most_descriptors))
        var count: Int32 = 0
        // It has ended: what it has to pass is there.
        guard outcome.end == .exited(0), shim_local_receive(ours.raw, &byte, 1, &passed, &count) == 1, count == 1
        else { throw Refusal(text: outcome.said) }
        return SharedDescriptor(OwnedDescriptor(owning: passed[0]))
    }

    /// `isDetached`: it goes from its path also when programs use it.
    public func unmount(_ place: RawPath, isDetached: Bool) throws(Refusal) {
        let outcome = try run(["-u"] + (isDetached ? ["-z"] : []) + ["--", place.text], passingTo: nil)
        guard outcome.end == .exited(0) else { throw Refusal(text: outcome.said) }
    }

    private func run(
        _ arguments: [String], passingTo socket: Int32?
    ) throws(Refusal) -> (end: ProcessEnd, said: String) {
        do throws(SystemError) {
            let nothing = try OwnedDescriptor.open("/dev/null", FileFlags.readWrite)
            let errors = try Pipe()
            let program = ProgramStart(
                [Self.name] + arguments, program: path, environment: ["LC_ALL=C", Self.variable + "=3"],
                descriptors: [nothing.raw, nothing.raw, errors.writing] + (socket.map { [$0] } ?? []),
                group: .processGroup)
            let process = try program.start()
            errors.closeWriting()
            let said = try FileReading.bytes(from: errors.reading, limit: 4096)
            let end = ProcessEnd.of(process, waiting: true) ?? .exited(255)
            return (end, Self.line(of: said))
        } catch {
            throw Refusal(text: "\(Self.name) cannot be run: \(error.description)")
        }
    }

    /// What it says, without its name.
    private static func line(of said: [UInt8]) -> String {
        let lines = String(decoding: said, as: UTF8.self).split(separator: "\n")
        guard let first = lines.first else { return "\(name) says nothing" }
        let prefix = name + ": "
        return first.hasPrefix(prefix) ? String(first.dropFirst(prefix.count)) : String(first)
    }
}
