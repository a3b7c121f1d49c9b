import Glibc
import JSON
import Platform
import TestSupport
import Testing

@testable import Staging

/// What is on the disk when a process was killed, or when the disk has not kept its word.
@Suite struct StagingLogTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func staging() throws -> StagingFolder {
        try #require(try StagingFolder(SharedDescriptor(.open(RawPath(folder.path), FileFlags.folder))))
    }

    private func make(in staging: StagingFolder) throws -> StagedFile {
        try staging.make(StagedImage(), base: nil, name: ["key": "a"], description: ["mode": 420], isTorn: true)
    }

    private func write(_ text: String, at offset: Int, of file: StagedFile) throws {
        _ = try Array(text.utf8).withUnsafeBytes { try file.write($0, at: offset) }
    }

    private func log(of file: StagedFile) -> String { "\(file.id).log" }
    private func size(_ name: String) throws -> Int {
        try OwnedDescriptor.open(RawPath(folder.path(name)), FileFlags.read).entry().size
    }

    /// What a program before this one has left is not damaged for saying less.
    @Test func logsWithoutAttemptsAreRead() throws {
        let file = try make(in: try staging())
        try write("abc", at: 0, of: file)
        try file.seal()
        guard case .object(let members) = file.state.words else { return #expect(Bool(false), "no object") }
        let older = JSONValue.object(members.filter { $0.name != "attempts" })
        #expect(members.contains { $0.name == "attempts" })
        #expect(StagedState(words: older) == file.state)
        try file.attempt(StagedAttempt(number: 1, "as this"))
        #expect(StagedState(words: file.state.words) == file.state && file.state.attempts.count == 1)
    }

    /// Cut off anywhere, the log says what was so at some time before.
    @Test func endsAnywhere() throws {
        var states: [StagedState] = []
        let id: String
        do {
            let file = try make(in: try staging())
            id = file.id
            states.append(file.state)
            for step in 0..<12 {
                switch step % 4 {
                case 0: try write("abc", at: step * 10, of: file)
                case 1: try file.seal()
                case 2:
                    try file.describe(["mode": .integer(step), "text": "some words, so that there is more than a line"])
                default: try file.resize(to: step)
                }
                states.append(file.state)
            }
        }
        let name = "\(id).log"
        let whole = try FileReading.bytes(of: folder.path(name), limit: 1 << 20)
        var seen = states.count
        for end in stride(from: whole.count, through: 0, by: -7) {
            try OwnedDescriptor.open(RawPath(folder.path(name)), FileFlags.write).resize(to: end)
            let left = try staging().left()
            guard let file = left.files.first else {
                #expect(seen == 0, "the beginning was there at \(end)")
                #expect(left.damaged == [RawPath("\(id).data")])
                break
            }
            let index = try #require(states.firstIndex(of: file.state))
            #expect(index == seen || index == seen - 1)
            seen = index
        }
    }

    /// A byte that has become another one ends the log there; nothing is made up.
    @Test(arguments: 0..<40) func bytesThatChange(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        var states: [StagedState] = []
        let name: String
        do {
            let file = try make(in: try staging())
            name = log(of: file)
            states.append(file.state)
            for step in 0..<6 {
                try write("abc", at: step * 10, of: file)
                states.append(file.state)
                try file.seal()
                states.append(file.state)
            }
        }
        var bytes = try FileReading.bytes(of: folder.path(name), limit: 1 << 20)
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^= UInt8.random(in: 1...255, using: &generator)
        try OwnedDescriptor.open(RawPath(folder.path(name)), FileFlags.write).write(bytes)
        let left = try staging().left()
        if let file = left.files.first {
            #expect(states.contains(file.state))
        } else {
            #expect(left.damaged.count == 1)
        }
    }

    /// After an end that was cut off the log goes on.
    @Test func goesOnBehindACutEnd() throws {
        let name: String
        do {
            let file = try make(in: try staging())
            name = log(of: file)
            try write("abc", at: 0, of: file)
            try file.describe("some words that are longer than a record is")
        }
        try OwnedDescriptor.open(RawPath(folder.path(name)), FileFlags.write).resize(to: try size(name) - 5)
        let state: StagedState
        do {
            let file = try #require(try staging().left().files.first)
            #expect(file.state.description == ["mode": 420])
            try write("def", at: 3, of: file)
            try file.seal()
            state = file.state
        }
        let file = try #require(try staging().left().files.first)
        #expect(file.state == state && file.state.sealed?.image.size == 6)
    }

    /// Who writes in order needs one record, however much it is.
    @Test func writingInOrderTakesNoRoom() throws {
        let file = try make(in: try staging())
        try write("abc", at: 0, of: file)
        let before = try size(log(of: file))
        for step in 1..<1000 { try write("abc", at: step * 3, of: file) }
        #expect(try size(log(of: file)) == before)
        #expect(file.state.image.here.ranges == [0..<3000])
    }

    /// Who writes over the same places for ever does not fill the disk with notes.
    @Test func aLongLogIsWrittenAnew() throws {
        let state: StagedState
        do {
            let file = try make(in: try staging())
            for step in 0..<20_000 { try write("abc", at: step % 7 * 100, of: file) }
            #expect(try size(log(of: file)) < 200_000)
            try file.seal()
            state = file.state
        }
        let left = try staging().left()
        #expect(left.files.map(\.state) == [state])
        #expect(try folder.names.count == 3)
    }

    /// What was being made, and what was being removed.
    @Test func halvesGo() throws {
        let staging = try staging()
        for name in ["5.data", "6.log", "7.aside"] { try folder.write("", to: name) }
        try folder.write("what was written", to: "8.data")
        try folder.write("not ours", to: "readme.txt")
        let left = try staging.left()
        #expect(left.files.isEmpty && left.damaged.isEmpty)
        #expect(try folder.names == ["lock", "readme.txt"])
    }

    /// With a log that cannot be read, what programs wrote stays.
    @Test func damagedOnesStay() throws {
        let staging = try staging()
        try folder.write("what was written", to: "8.data")
        try folder.write("nothing that we would write", to: "8.log")
        let left = try staging.left()
        #expect(left.files.isEmpty && left.damaged == ["8.data"])
        #expect(try folder.names == ["8.data", "8.log", "lock"])
    }

    /// Numbers of what was left are not given again.
    @Test func namesAreNew() throws {
        let first = try make(in: try staging()).id
        let staging = try staging()
        #expect(try staging.left().files.map(\.id) == [first])
        #expect(try make(in: staging).id != first)
    }

    @Test func oneProcessAtATime() throws {
        let staging = try staging()
        let second = SharedDescriptor(try .open(RawPath(folder.path), FileFlags.folder))
        #expect(try StagingFolder(second, patience: TimeSpan(milliseconds: 50)) == nil)
        withExtendedLifetime(staging) {}
    }

    @Test func removedOnesLeaveNothing() throws {
        let staging = try staging()
        let file = try make(in: staging)
        try write("abc", at: 0, of: file)
        try file.seal()
        try write("d", at: 1, of: file)
        #expect(try folder.names.count == 4)
        try file.remove()
        #expect(try folder.names == ["lock"])
    }

    /// Nobody else may look into what is being written.
    @Test func nobodyElseSeesIt() throws {
        let file = try make(in: try staging())
        try write("abc", at: 0, of: file)
        try file.seal()
        try write("d", at: 1, of: file)
        for name in try folder.names {
            #expect(try OwnedDescriptor.open(RawPath(folder.path(name)), FileFlags.read).entry().mode & 0o777 == 0o600)
        }
    }
}
