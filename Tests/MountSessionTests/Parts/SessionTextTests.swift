import Glibc
import Platform
import Testing

@testable import MountSession

struct SessionTextTests {
    @Test(arguments: [
        SessionReport.serving,
        .failed(SessionFailure("the bucket is not there", hint: "look", exitStatus: .missingInput)),
        .failed(SessionFailure("a\nb\u{0}c", exitStatus: .temporary, isRetryable: true)),
        .trouble(SessionTrouble(code: "unreachable", "nobody is there", isRetryable: true)),
        .trouble(SessionTrouble(code: "denied", "no\nway", hint: "ask", isRetryable: false)),
    ])
    func reportsArriveAsTheyWere(report: SessionReport) throws {
        let bytes = report.bytes
        for count in 0..<bytes.count {
            var some = Array(bytes[..<count])
            #expect(SessionReport.take(from: &some) == nil && some.count == count)
        }
        var two = bytes + SessionReport.serving.bytes
        let arrived = try #require(SessionReport.take(from: &two))
        #expect(SessionReport.take(from: &two) == .serving && two == [])
        guard case .failed(let sent) = report, case .failed(let received) = arrived else {
            return #expect(arrived == report)
        }
        #expect(received.message == sent.message.printable)
        #expect(received.hint == sent.hint && received.exitStatus == sent.exitStatus)
        #expect(received.isRetryable == sent.isRetryable)
    }

    @Test func noiseIsNoReport() {
        var noise = Array("hello\n".utf8)
        guard case .failed(let failure) = SessionReport.take(from: &noise) else {
            Issue.record("taken for a report")
            return
        }
        #expect(failure.exitStatus == .bug)
    }

    /// What is longer than a pipe takes at once could come in pieces, between those of another thread.
    @Test(arguments: ["x", "\u{e9}", "\u{1F9EA}", "e\u{301}", "\n"]) func longTroublesAreCut(letter: String) {
        for count in [1900, 1998, 1999, 2000, 2001, 3000, 100_000] {
            let text = String(repeating: letter, count: count)
            let trouble = SessionTrouble(code: text, text, hint: text, isRetryable: true)
            #expect(SessionReport.trouble(trouble).bytes.count <= Int(PIPE_BUF))
            #expect(trouble.message.utf8.count <= 2000)
            #expect(trouble.message == text.printable || trouble.message.hasSuffix("…"))
        }
    }

    @Test(arguments: [0, 1, 1000, 64 << 10, SessionOrder.limit])
    func ordersGoThroughAPipeThatNobodyReads(count: Int) throws {
        let pipe = try Pipe()
        let sent = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try SessionOrder.write(sent, to: pipe.writing)
        #expect(try SessionOrder.read(from: pipe.reading) == sent)
    }

    @Test func ordersThatAreTooLongOrCutOff() throws {
        let pipe = try Pipe()
        #expect(throws: SystemError(code: E2BIG)) {
            try SessionOrder.write([UInt8](repeating: 0, count: SessionOrder.limit + 1), to: pipe.writing)
        }
        let bytes: [UInt8] = [200, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]
        #expect(write(pipe.writing, bytes, bytes.count) == bytes.count)
        pipe.closeWriting()
        #expect(throws: SystemError(code: EPIPE)) { try SessionOrder.read(from: pipe.reading) }
    }

    @Test(arguments: [
        ("0000000000000100", "0", "0", "0", "0", true),  // SIGKILL
        ("0", "4000", "0", "0", "0", true),  // SIGTERM, by default
        ("0", "4000", "0", "0", "4000", false),  // handled
        ("0", "4000", "0", "4000", "0", false),  // ignored
        ("0", "4000", "4000", "0", "0", false),  // blocked
        ("0", "8000000", "0", "0", "0", false),  // SIGWINCH ends nobody
        ("0", "0", "0", "0", "0", false),
    ])
    func whoIsDying(own: String, shared: String, blocked: String, ignored: String, caught: String, isDying: Bool) {
        let status =
            "Name:\tx\nSigQ:\t0/1\nSigPnd:\t\(own)\nShdPnd:\t\(shared)\nSigBlk:\t\(blocked)\nSigIgn:\t\(ignored)\nSigCgt:\t\(caught)\n"
        #expect(DyingThread.isDying(status: status) == isDying)
    }
}
