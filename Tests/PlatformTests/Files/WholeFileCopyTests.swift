import Foundation
import Platform
import TestSupport
import Testing

struct WholeFileCopyTests {
    private let temporary: TemporaryFolder
    private let folder: SharedDescriptor

    init() throws {
        temporary = try TemporaryFolder()
        folder = SharedDescriptor(try .open(RawPath(temporary.path), O_RDONLY | O_DIRECTORY))
    }

    private static let sizes = [0, 1, 4096, 128 << 10 - 1, 128 << 10, 128 << 10 + 1, 3 << 20]

    /// Each byte tells where it belongs.
    private func content(_ count: Int) -> Data {
        Self.pattern.prefix(count)
    }

    private static let pattern = Data((0..<3 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })

    private func open(_ name: RawPath, _ flags: Int32) throws -> SharedDescriptor {
        try SharedDescriptor(.open(name, in: folder.file, flags))
    }

    /// What arrived, how much was said to have arrived, and how much was reported on the way.
    private func copy(_ bytes: Data, expected: Int) throws -> (arrived: Data, count: Int, progress: Int) {
        try bytes.write(to: URL(fileURLWithPath: temporary.path("from")))
        let source = try open("from", O_RDONLY)
        let target = try open("to", O_WRONLY | O_CREAT | O_TRUNC)
        var progress = 0
        let count = try WholeFileCopy.copy(
            from: source.file, to: target.file, expected: expected, progress: { progress += $0 }, isCancelled: { false }
        )
        return (try Data(contentsOf: URL(fileURLWithPath: temporary.path("to"))), count, progress)
    }

    @Test(arguments: sizes, sizes + [-1, Int.max - 1])
    func copiesAllThereIsWhateverWasExpected(size: Int, expected: Int) throws {
        let bytes = content(size)
        let copied = try copy(bytes, expected: expected)
        let isWhole = copied.arrived == bytes
        #expect(isWhole)
        #expect(copied.count == size)
        #expect(copied.progress == size)
    }

    /// At the beginning, in the middle and at the end; the file system of the tests may know no holes, then there is nothing to
    /// keep.
    @Test(arguments: [[0], [1 << 20, 3 << 20], [4 << 20 - 1], [], [0, 1 << 20, 2 << 20, 3 << 20]])
    func holesStayHoles(data: [Int]) throws {
        let size = 4 << 20
        try Data().write(to: URL(fileURLWithPath: temporary.path("from")))
        #expect(truncate(temporary.path("from"), off_t(size)) == 0)
        let source = try open("from", O_RDWR)
        for offset in data { try [UInt8]("x".utf8).withUnsafeBytes { try source.file.write($0, at: offset) } }
        let target = try open("to", O_WRONLY | O_CREAT)
        var progress = 0
        let count = try WholeFileCopy.copy(
            from: source.file, to: target.file, expected: size, progress: { progress += $0 }, isCancelled: { false })
        #expect(count == size && progress == size)
        let isEqual =
            try Data(contentsOf: URL(fileURLWithPath: temporary.path("to")))
            == Data(contentsOf: URL(fileURLWithPath: temporary.path("from")))
        #expect(isEqual)
        #expect(try blocks("to") <= blocks("from"))
        #expect(try blocks("from") < size / 512)
    }

    private func blocks(_ name: String) throws -> Int {
        var status = stat()
        guard stat(temporary.path(name), &status) == 0 else { throw SystemError() }
        return Int(status.st_blocks)
    }

    @Test func holesAreZeros() throws {
        try Data().write(to: URL(fileURLWithPath: temporary.path("from")))
        #expect(truncate(temporary.path("from"), 5 << 20) == 0)
        let source = try open("from", O_RDWR)
        try [UInt8]("x".utf8).withUnsafeBytes { try source.file.write($0, at: 3 << 20) }
        let target = try open("to", O_WRONLY | O_CREAT)
        let count = try WholeFileCopy.copy(
            from: source.file, to: target.file, expected: 5 << 20, progress: { _ in }, isCancelled: { false })
        #expect(count == 5 << 20)
        var expected = Data(count: 5 << 20)
        expected[3 << 20] = UInt8(ascii: "x")
        let isEqual = try Data(contentsOf: URL(fileURLWithPath: temporary.path("to"))) == expected
        #expect(isEqual)
    }

    /// They say that they are empty, and are not.
    @Test func filesThatTheKernelMakesUp() throws {
        let source = try SharedDescriptor(.open("/proc/self/maps", O_RDONLY))
        let target = try open("to", O_WRONLY | O_CREAT)
        let size = try source.file.entry().size
        #expect(size == 0)
        let count = try WholeFileCopy.copy(
            from: source.file, to: target.file, expected: size, progress: { _ in }, isCancelled: { false })
        #expect(count > 100)
        #expect(try folder.file.entry(of: "to").size == count)
    }

    @Test(arguments: sizes)
    func cancelledBeforeTheFirstByte(size: Int) throws {
        try content(size).write(to: URL(fileURLWithPath: temporary.path("from")))
        let source = try open("from", O_RDONLY)
        let target = try open("to", O_WRONLY | O_CREAT)
        #expect(throws: SystemError(code: ECANCELED)) {
            try WholeFileCopy.copy(
                from: source.file, to: target.file, expected: size, progress: { _ in }, isCancelled: { true })
        }
        #expect(try target.file.entry().size == 0)
    }

    @Test func cancelledOnTheWay() throws {
        let source = try open("from", O_RDWR | O_CREAT)
        #expect(ftruncate(source.file.raw, 200 << 20) == 0)
        let target = try open("to", O_WRONLY | O_CREAT)
        var done = 0
        // Not by sharing blocks, which is over at once.
        #expect(throws: SystemError(code: ECANCELED)) {
            try RangeCopy.copy(
                from: source.file, at: 0, count: 200 << 20, to: target.file, at: 0, progress: { done += $0 },
                isCancelled: { done > 0 })
        }
        #expect(done > 0 && done < 200 << 20)
    }

    @Test(arguments: [(0, 10), (5, 1 << 20), ((3 << 20) - 7, 7), (1 << 20, 0)])
    func ranges(start: Int, count: Int) throws {
        let bytes = content(3 << 20)
        try bytes.write(to: URL(fileURLWithPath: temporary.path("from")))
        let source = try open("from", O_RDONLY)
        let target = try open("to", O_WRONLY | O_CREAT)
        #expect(try RangeCopy.copy(from: source.file, at: start, count: count, to: target.file, at: 3) == count)
        let expected = count == 0 ? Data() : Data(count: 3) + bytes[start..<start + count]
        let isEqual = try Data(contentsOf: URL(fileURLWithPath: temporary.path("to"))) == expected
        #expect(isEqual)
    }

    @Test func aRangeBehindTheEndIsShort() throws {
        try content(10).write(to: URL(fileURLWithPath: temporary.path("from")))
        let source = try open("from", O_RDONLY)
        let target = try open("to", O_WRONLY | O_CREAT)
        #expect(try RangeCopy.copy(from: source.file, at: 4, count: 100, to: target.file, at: 0) == 6)
        #expect(try RangeCopy.copy(from: source.file, at: 400, count: 100, to: target.file, at: 0) == 0)
    }

    /// A target that the kernel's copy does not take (opened for appending) gets the bytes by read and write.
    @Test func fallsBackToReadAndWrite() throws {
        let bytes = content(3 << 20)
        try bytes.write(to: URL(fileURLWithPath: temporary.path("from")))
        let source = try open("from", O_RDONLY)
        let target = try open("to", O_WRONLY | O_CREAT | O_APPEND)
        #expect(try RangeCopy.copy(from: source.file, at: 0, count: .max, to: target.file, at: 0) == 3 << 20)
        let isEqual = try Data(contentsOf: URL(fileURLWithPath: temporary.path("to"))) == bytes
        #expect(isEqual)
    }
}
