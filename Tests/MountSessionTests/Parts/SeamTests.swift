import CShims
import Glibc
import Platform
import TestSupport
import Testing

@testable import MountSession

/// The C half, on a real device and without libfuse.
@Suite(.enabled(if: TestMount.isPossible, TestMount.absence))
struct SeamTests {
    /// What kernels do that cannot send requests again: whoever waited gets an error, and is not stuck.
    @Test func whatADeadSessionLeftIsAnsweredWithAnError() throws {
        let folder = try TemporaryFolder()
        let mount = try FUSEMount(
            at: Destination.prepare(MountOptions(RawPath(folder.path("mount")))), MountOptions(RawPath(folder.path)))
        defer { MountPlace.detach(mount.place.path) }
        let memory = try SeamMemory(mount.memory.file)
        let device = try #require(mount.device).file.raw
        var interrupts: [Int32] = [-1, -1]
        #expect(shim_pipe_without_waiting(&interrupts) == 0)
        defer { interrupts.forEach { close($0) } }
        let seam = try #require(shim_fuse_seam_new(memory.kept, interrupts[1], 4096, nil))

        // INIT comes once more, and the answer to it goes nowhere.
        var request = [UInt8](repeating: 0, count: (1 << 20) + 4096)
        let replayed = shim_fuse_read(device, &request, request.count, UnsafeMutableRawPointer(seam))
        #expect(replayed >= 56 && request[4] == 26)

        let waiting = try Program.start(["stat", folder.path("mount/name")])
        let count = shim_fuse_read(device, &request, request.count, UnsafeMutableRawPointer(seam))
        #expect(count > 40 && shim_fuse_current() != 0)
        #expect(shim_fuse_fail_unanswered(device, memory.kept, EIO) == 1)
        // Asked for its attributes or for the name below it: either is answered.
        let finished = try waiting.wait(seconds: 5)
        #expect(finished.errors.contains("Input/output error"), "\(finished)")
        #expect(shim_fuse_fail_unanswered(device, memory.kept, EIO) == 0)
    }
}
