import CShims
import Glibc

/// `provision __try-mounting`: a process that mounts in namespaces of its own, where nobody sees it, and ends. It is this program,
/// started by itself, since only a process without threads can enter them. It says what was refused, if anything was.
public enum MountingTrial {
    public static let word = "__try-mounting"
    /// Beside user namespaces: of mounts only.
    private static let ofMountsOnly = "mounts"
    /// Where the device is: a folder that is there.
    private static let place = "/dev"
    private static let (deviceStep, kindStep, mountStep) = ("device", "kind", "mount")

    // MARK: Whoever wants to know

    static func obstacle(to way: MountingWay) -> MountingObstacle? {
        let isDirect = way == .direct
        do throws(SystemError) {
            let nothing = try OwnedDescriptor.open("/dev/null", FileFlags.readWrite)
            let answer = try Pipe()
            let process = try ProgramStart(
                ["provision", word] + (isDirect ? [ofMountsOnly] : []), program: "/proc/self/exe", environment: [],
                descriptors: [nothing.raw, answer.writing, nothing.raw], group: .processGroup
            ).start()
            answer.closeWriting()
            let bytes = try FileReading.bytes(from: answer.reading, limit: 256)
            guard ProcessEnd.of(process, waiting: true) == .exited(0) else { throw SystemError(code: ECHILD) }
            return obstacle(String(decoding: bytes, as: UTF8.self), isDirect: isDirect)
        } catch {
            return .trial(error)
        }
    }

    private static func obstacle(_ answer: String, isDirect: Bool) -> MountingObstacle? {
        let words = answer.split(separator: " ")
        guard words.count == 2, let code = Int32(words[1]) else { return nil }
        let error = SystemError(code: code)
        switch String(words[0]) {
        case deviceStep: return .device(error)
        case kindStep: return .otherDevice
        case mountStep where !isDirect && NamespaceLimit.current() == .appArmor:
            return .namespaces(.init(step: mountStep, error: error), .appArmor)
        case mountStep: return isDirect ? .mount(error) : .mountInNamespaces(error)
        // Who may not have a mount namespace may mount all the same: only trying has failed.
        case _ where isDirect: return nil
        case let step: return .namespaces(.init(step: step, error: error), NamespaceLimit.current())
        }
    }

    // MARK: The process

    public static func run(_ words: [String]) -> Never {
        do throws(OwnNamespaces.Refusal) {
            if words.contains(ofMountsOnly) {
                try OwnNamespaces.enterOfMountsOnly()
            } else {
                try OwnNamespaces.enter()
            }
            try mount()
        } catch {
            try? StandardStream.output.write("\(error.step) \(error.error.code)")
        }
        _exit(ExitStatus.done.rawValue)
    }

    private static func mount() throws(OwnNamespaces.Refusal) {
        var step = deviceStep
        do throws(SystemError) {
            let device = try FUSEDevice.open()
            step = kindStep
            guard FUSEDevice.isDevice(device.raw) else { throw SystemError(code: ENODEV) }
            step = mountStep
            let data = "fd=\(device.raw),rootmode=40000,user_id=\(geteuid()),group_id=\(getegid())"
            try SystemError.check {
                Glibc.mount("provision", place, MountTable.ourType, UInt(MS_NOSUID | MS_NODEV), data)
            }
        } catch {
            throw OwnNamespaces.Refusal(step: step, error: error)
        }
    }
}
