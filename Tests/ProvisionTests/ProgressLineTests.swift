import Plan
import Platform
import TaskFile
import Testing

@testable import Executor
@testable import provision

/// The line that is shown of a mount while it is copied.
struct ProgressLineTests {
    private func status() throws -> MountStatus {
        let context = TaskContext(environment: Environment([:]), home: "/home/u")
        let text = [UInt8]("file_mounts: {/dataset: s3://bucket-1}".utf8)
        let task = try #require(TaskFile.read(text, file: "task.yaml", context: context).tasks.first)
        let plan = Plan(task, file: "task.yaml", on: Machine(home: "/home/u", workingFolder: "/"))
        var status = MountStatus(try #require(plan.mounts.first))
        status.state = .copying
        status.objects = (total: 10, done: 2, skipped: 3)
        status.bytes = (total: 900 << 20, done: 100 << 20)
        status.seconds = 10
        return status
    }

    @Test func bytesRateAndTimeLeft() throws {
        #expect(
            ProgressLine(try status()).text
                == "copying  /dataset  5/10 files  100 MiB of 900 MiB  10 MiB/s  1 min 20 s left")
    }

    /// Also of names whose letters are as wide as they are high.
    @Test(arguments: [80, 40, 20, 1]) func aNarrowTerminal(columns: Int) throws {
        var status = try status()
        let whole = ProgressLine(status)
        #expect(whole.text(fitting: nil) == whole.text && whole.text(fitting: 76) == whole.text)
        let cut = whole.text(fitting: columns)
        #expect(cut.count == min(columns, whole.text.count))
        #expect(cut == whole.text || whole.text.hasPrefix(cut.dropLast()) && cut.hasSuffix("…"))
        status.destination = "/" + String(repeating: "日", count: 40)
        let wide = ProgressLine(status).text(fitting: columns)
        #expect(wide.reduce(0) { $0 + ($1 == "日" ? 2 : 1) } <= columns)
    }

    /// What an earlier run has copied takes no time any more.
    @Test func whatIsInPlaceIsNotWaitedFor() throws {
        var status = try status()
        status.bytesInPlace = 500 << 20
        #expect(ProgressLine(status).text.hasSuffix("  10 MiB/s  30 s left"))
    }

    @Test func withoutARateThereIsNoTimeLeft() throws {
        var status = try status()
        status.bytes.done = 0
        #expect(!ProgressLine(status).text.contains("left"))
        status.state = .copied
        #expect(!ProgressLine(status).text.contains("/s"))
    }
}
