import Glibc
import TestSupport
import Testing

@testable import Platform

struct ChildProcessTests {
    private func run(
        _ words: String..., environment: [String: String] = ["PATH": "/usr/bin:/bin"],
        _ change: (inout ChildProcess) -> Void = { _ in }
    ) throws(ChildProcess.Failure) -> ChildProcess.Outcome {
        var process = ChildProcess(words, environment: Environment(environment))
        change(&process)
        return try process.run()
    }

    @Test func outputErrorsAndStatus() throws {
        let outcome = try run("sh", "-c", "echo out; echo err >&2; exit 7")
        #expect(outcome == .init(status: 7, output: Array("out\n".utf8), errors: Array("err\n".utf8)))
    }

    @Test func endedBySignal() throws {
        #expect(try run("sh", "-c", "kill -9 $$").status == 137)
    }

    @Test func environmentAndArguments() throws {
        let outcome = try run(
            "sh", "-c", "echo \"$A|$1|$HOME\"", "sh", "a b", environment: ["A": "x y", "PATH": "/bin"])
        #expect(String(decoding: outcome.output, as: UTF8.self) == "x y|a b|\n")
    }

    /// Default signals, nothing to read, none of our descriptors.
    @Test func whatItInherits() throws {
        let open = Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(open) }
        let outcome = try run("sh", "-c", "cat; ls /proc/self/fd; grep -E '^Sig(Blk|Ign)' /proc/self/status")
        let text = String(decoding: outcome.output, as: UTF8.self)
        // ls has one of its own.
        #expect(text.split(separator: "\n").filter { Int($0) != nil } == ["0", "1", "2", "3"])
        for line in text.split(separator: "\n") where line.hasPrefix("Sig") {
            let set = try #require(UInt64(line.suffix(16), radix: 16))
            // The C library's own, 32 and 33, are nobody's business.
            #expect(set & ~(3 << 31) == 0)
        }
    }

    @Test func moreThanAPipeHolds() throws {
        let outcome = try run("sh", "-c", "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2") {
            $0.outputLimit = 400_000
        }
        #expect(outcome.output.count == 300_000 && outcome.errors.count == 300_000)
    }

    @Test func tooMuch() {
        #expect(throws: ChildProcess.Failure.tooMuchOutput) { try run("yes") { $0.outputLimit = 1000 } }
    }

    @Test func tooLong() {
        let watch = Stopwatch()
        #expect(throws: ChildProcess.Failure.timedOut(errors: Array("hm\n".utf8))) {
            try run("sh", "-c", "echo hm >&2; sleep 60 & sleep 60") { $0.timeoutMilliseconds = 200 }
        }
        #expect(watch.seconds < 20)
    }

    /// What it has left in the background holds its pipes, and nobody waits for that.
    @Test func leftBehind() throws {
        let watch = Stopwatch()
        let outcome = try run("sh", "-c", "echo $$; sleep 60 & echo done")
        #expect(String(decoding: outcome.output, as: UTF8.self).hasSuffix("done\n"))
        #expect(watch.seconds < 20)
        let group = Int32(String(decoding: outcome.output, as: UTF8.self).split(separator: "\n")[0]) ?? 0
        if group > 1 { kill(-group, SIGKILL) }
    }

    @Test func cancelled() {
        let cancellation = Cancellation()
        cancellation.cancel()
        #expect(throws: ChildProcess.Failure.cancelled) {
            try ChildProcess(["sleep", "60"], environment: Environment([:])).run(cancellation)
        }
    }

    @Test func notThere() {
        #expect(throws: ChildProcess.Failure.cannotStart(.notThere)) { try run("/nowhere/x") }
        #expect(throws: ChildProcess.Failure.cannotStart(.notThere)) {
            try ChildProcess([], environment: Environment([:])).run()
        }
    }
}
