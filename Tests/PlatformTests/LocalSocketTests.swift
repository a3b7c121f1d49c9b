import Glibc
import TestSupport
import Testing

@testable import Platform

@Suite struct LocalSocketTests {
    /// Descriptors go with a line that is larger than what a socket holds at once, and are copies of what was sent.
    @Test(arguments: [0, 3 << 20]) func descriptorsGoWithALine(length: Int) throws {
        let folder = try TemporaryFolder()
        let path = RawPath(folder.path("socket"))
        let listener = try LocalListener(at: path)
        let line = String(repeating: "x", count: length)
        let sender = Threads.begin(1) {
            guard let connection = try? LocalConnection(to: path),
                let first = try? OwnedDescriptor.open("/dev/null", FileFlags.read),
                let second = try? OwnedDescriptor.open(RawPath(folder.path), FileFlags.folder)
            else { return }
            connection.write(line: line, with: [first.raw, second.raw])
        }
        let connection = try listener.accept()
        var descriptors: [SharedDescriptor] = []
        let received = connection.readLine(limit: 4 << 20, &descriptors)
        sender.join()
        #expect(received?.count == length)
        try #require(descriptors.count == 2)
        #expect(descriptors[0].file.realPath?.text == "/dev/null")
        #expect(descriptors[1].file.realPath == (try FileStatus.realPath(RawPath(folder.path))))
        for descriptor in descriptors { #expect(fcntl(descriptor.file.raw, F_GETFD) == FD_CLOEXEC) }
        // Whoever sends none gets none across.
        #expect(connection.readLine(limit: 1, &descriptors) == nil && descriptors.count == 2)
    }

    @Test func namesOfDescriptors() {
        #expect(PassedDevice.number(ofPath: "/dev/fd/3") == 3)
        for path in ["/dev/fd/", "/dev/fd/-1", "/dev/fd/3/x", "/dev/fd/x", "/dev/fuse", "/data/dev/fd/3"] {
            #expect(PassedDevice.number(ofPath: path) == nil, "\(path)")
        }
    }
}
