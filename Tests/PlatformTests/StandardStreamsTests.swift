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
        // Compared outside the macro, which would look for the shortest way from one to the other.
        let isWhole = Array(received) == sent
        #expect(isWhole)
    }

    /// The next file to be opened must not get the number of a stream, and using the stream must fail.
    @Test func closedStreamsStayClosedToUs() async {
        await #expect(processExitsWith: .success) {
            for descriptor in STDIN_FILENO...STDERR_FILENO { close(descriptor) }
            StandardStream.prepare()
            var byte: UInt8 = 0
            let isSafe =
                open("/dev/null", O_RDWR) > STDERR_FILENO && read(STDIN_FILENO, &byte, 1) == -1
                && write(STDOUT_FILENO, &byte, 1) == -1 && write(STDERR_FILENO, &byte, 1) == -1
            exit(isSafe ? EXIT_SUCCESS : EXIT_FAILURE)
        }
    }

    @Test func saysWhyItStopped() {
        let full = open("/dev/full", O_WRONLY)
        defer { close(full) }
        #expect([UInt8]("x".utf8).withUnsafeBytes { writeAll($0, to: full) } == ENOSPC)
        #expect([UInt8]("x".utf8).withUnsafeBytes { writeAll($0, to: -1) } == EBADF)
    }
}
