import Foundation
import TestSupport
import Testing

/// The table of open files has its size before there are threads, which would have to wait whenever it grows.
struct OpenFileTableTests {
    @Test func isLargeFromTheBeginning() throws {
        let folder = try TemporaryFolder()
        // A program that reads its task from a pipe waits where everything has been prepared. Its table is no larger than that of who
        // starts it needs to be, so that is a shell.
        let script = """
            mkfifo task
            exec 3<>task
            "$0" --dry-run - <task >/dev/null 2>&1 &
            for _ in $(seq 1000); do
                size=$(sed -n 's/FDSize:[[:space:]]*//p' "/proc/$!/status")
                [ "$size" -ge 1024 ] && break
                sleep 0.02
            done
            echo "$size"
            kill "$!"
            """
        let finished = try Program.run(["sh", "-c", script, Program.provision], in: folder.path)
        #expect(try #require(Int(finished.output.dropLast())) >= 1024, "\(finished.output)")
    }
}
