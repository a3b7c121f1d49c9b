import Foundation
import Platform
import Testing

struct StandardStreamsTests {
    /// A pipe that takes 64 KiB at once and was made non-blocking by somebody else: every byte arrives all the same.
    @Test func writesEveryByteToASlowPipe() async {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let (readEnd, writeEnd) = (ends[0], ends[1])
        #expect(fcntl(writeEnd, F_SETFL, O_NONBLOCK) == 0)
        let sent = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        async let failed: Int32? = {
            let failed = sent.withUnsafeBytes { writeAll($0, to: writeEnd) }
            close(writeEnd)
            return failed
        }()
        let received = FileHandle(fileDescriptor: readEnd, closeOnDealloc: true).readDataToEndOfFile()
        #expect(await failed == nil)
        #expect(Array(received) == sent)
    }

    @Test func saysWhyItStopped() {
        let full = open("/dev/full", O_WRONLY)
        defer { close(full) }
        #expect([UInt8]("x".utf8).withUnsafeBytes { writeAll($0, to: full) } == ENOSPC)
        #expect([UInt8]("x".utf8).withUnsafeBytes { writeAll($0, to: -1) } == EBADF)
    }
}
