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
        .saving(SavingFigures()), .saving(.some),
        .kept(KeptReport(path: "a b/ü\n", reason: "torn", file: "/staging/kept/a", wasFound: false)),
        .kept(KeptReport(path: "", reason: "damaged", file: "/staging/1.data", wasFound: true)),
        .uploaded(UploadReport(path: "a b/ü", bytes: 7, version: "\"etag\"")),
        .uploaded(UploadReport(path: "", bytes: 0, version: "")), .traffic(SessionTraffic()), .traffic(.some),
        .drained(0), .drained(255),
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

    @Test(arguments: [
        "hello", "saving\u{0}1", "saving\u{0}1\u{0}2\u{0}3\u{0}4\u{0}5\u{0}x", "drained\u{0}256", "kept",
        "uploaded\u{0}a\u{0}x\u{0}", "traffic\u{0}1",
    ])
    func noiseIsNoReport(text: String) {
        var noise = Array((text + "\n").utf8)
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
            let kept = KeptReport(path: text, reason: text, file: text, wasFound: true)
            #expect(SessionReport.kept(kept).bytes.count <= Int(PIPE_BUF))
            let uploaded = UploadReport(path: text, bytes: .max, version: text)
            #expect(SessionReport.uploaded(uploaded).bytes.count <= Int(PIPE_BUF))
            #expect(trouble.message == text.printable || trouble.message.unicodeScalars.contains("…"))
        }
    }

    /// Where the reason stands, and what the store calls the request.
    @Test(arguments: ["x", "\u{1F9EA}"]) func longTroublesKeepTheirEnd(letter: String) {
        let end = ": the server says AccessDenied (request 42)"
        let trouble = SessionTrouble(
            code: "denied", "cannot write " + String(repeating: letter, count: 3000) + end, isRetryable: false)
        #expect(trouble.message.hasPrefix("cannot write ") && trouble.message.hasSuffix(end))
        #expect(trouble.message.utf8.count <= 2000)
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
        #expect(CallingThread.isDying(status: status) == isDying)
    }

    @Test(arguments: [
        (4_194_560, 0, false, 0),
        (4_194_564, 0, true, 0),  // exit(0)
        (4_194_564, 256, true, 0),  // exit(1)
        (4_194_564, 9, true, SIGKILL),
        (4_194_564, 139, true, SIGSEGV),  // with a core dump
    ])
    func howProcessesEnd(flags: Int, exitCode: Int, isExiting: Bool, signal: Int32) throws {
        let rest = [String](repeating: "0", count: 42).joined(separator: " ")
        let stat = "77 (a) b ( c\n) S 1 77 77 0 -1 \(flags) \(rest) \(exitCode)\n"
        let end = try #require(CallingThread.End(stat: stat))
        #expect(end.isExiting == isExiting && end.signal == signal)
    }

    @Test func theseThreadsLive() throws {
        let threads = try OwnedDescriptor.open("/proc/self/task", FileFlags.folder).names()
        #expect(!threads.isEmpty)
        for thread in threads.compactMap({ $0.exactText.flatMap(Int32.init) }) {
            // One of the pool may have ended meanwhile.
            #expect([getpid(), 0].contains(CallingThread.process(of: thread)))
            #expect(!CallingThread.wasKilled(thread) && !CallingThread.isDying(thread))
        }
        #expect(CallingThread.process(of: getpid()) == getpid())
        #expect(CallingThread.process(of: 0) == 0 && !CallingThread.wasKilled(0))
    }
}

extension SavingFigures {
    /// Each of them another.
    static var some: SavingFigures {
        var figures = SavingFigures()
        (figures.savedFiles, figures.savedBytes) = (1, 1 << 40)
        (figures.pendingFiles, figures.pendingBytes) = (3, 4)
        (figures.failedFiles, figures.openFiles) = (5, 6)
        return figures
    }
}

extension SessionTraffic {
    /// Each of them another.
    static var some: SessionTraffic {
        var traffic = SessionTraffic()
        (traffic.requests, traffic.retries) = (1, 2)
        (traffic.received, traffic.sent) = (1 << 40, 4)
        (traffic.cacheHits, traffic.cacheMisses) = (5, 6)
        return traffic
    }
}
