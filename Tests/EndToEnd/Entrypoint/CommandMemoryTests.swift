import TestSupport
import Testing

extension Entrypoints {
    /// COMMANDs for which there is not enough memory.
    @Suite(.enabled(if: LimitedMemory.isPossible, LimitedMemory.absence)) struct CommandMemoryTests {
        private let sandbox: MountSandbox

        init() throws {
            sandbox = try MountSandbox(of: ["a": "hello\n"])
        }

        /// Whoever wonders why it has ended with 137 is told, and what was written is saved.
        @Test func itIsKilledByTheKernel() throws {
            let memory = try LimitedMemory(bytes: 400 << 20)
            let line = "echo new > $M/b; python3 -c 'x = b\"x\" * (1 << 30)'"
            let run = try sandbox.enter(["sh", "-c", line], before: memory.words).wait(seconds: 60)
            #expect(run.status == 137, "\(run)")
            #expect(
                run.errors.contains(
                    "COMMAND has ended with 137, and while it ran the kernel has killed processes for want of memory"),
                "\(run)")
            #expect(sandbox.stored("b") == "new\n")
            try sandbox.expectNothingLeft()
        }

        @Test func itIsKilledByAnybodyElse() throws {
            let memory = try LimitedMemory(bytes: 400 << 20)
            let run = try sandbox.enter(["sh", "-c", "kill -KILL $$"], before: memory.words).wait(seconds: 60)
            #expect(run.status == 137 && !run.errors.contains("want of memory"), "\(run)")
        }
    }
}
