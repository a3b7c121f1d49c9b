import Testing

@testable import provision

/// The contract's table, written down a second time on purpose: whoever renames an option must mean it.
struct OptionTableTests {
    private static let contract: [String: String] = [
        "--dry-run": "PROVISION_DRY_RUN", "--offline": "PROVISION_OFFLINE", "--output": "PROVISION_OUTPUT",
        "--only": "PROVISION_ONLY", "--task": "PROVISION_TASK", "--env": "PROVISION_ENV",
        "--env-file": "PROVISION_ENV_FILE", "--providers": "PROVISION_PROVIDERS", "--root": "PROVISION_ROOT",
        "--state-dir": "PROVISION_STATE_DIR", "--cache-dir": "PROVISION_CACHE_DIR", "--jobs": "PROVISION_JOBS",
        "--max-memory": "PROVISION_MAX_MEMORY", "--timeout": "PROVISION_TIMEOUT",
        "--drain-timeout": "PROVISION_DRAIN_TIMEOUT", "--ready-file": "PROVISION_READY_FILE",
        "--metrics-file": "PROVISION_METRICS_FILE", "--fuse-fd": "PROVISION_FUSE_FD", "--watch": "PROVISION_WATCH",
        "--force": "PROVISION_FORCE", "--quiet": "PROVISION_QUIET", "--verbose": "PROVISION_VERBOSE",
        "--color": "PROVISION_COLOR", "--no-progress": "PROVISION_NO_PROGRESS",
    ]

    @Test func optionsAndTwinsAreThoseOfTheContract() {
        let table = Option.settable.map { ($0.flag, $0.twin ?? "") }
        #expect(Dictionary(uniqueKeysWithValues: table) == Self.contract)
    }

    @Test func verbsAreThoseOfTheContract() {
        #expect(
            Set(Verb.allCases.compactMap(\.word)) == [
                "status", "down", "flush", "check", "doctor", "pull", "push", "ls", "cache", "schema", "init",
                "completion", "version", "help",
            ])
    }

    @Test func shortNamesAreDistinct() {
        let shorts = Option.allCases.compactMap(\.row.short)
        #expect(shorts.sorted() == ["h", "q", "v"])
    }

    @Test(arguments: Option.allCases)
    func everyOptionGoesWithSomeVerbAndSaysWhatItDoes(option: Option) {
        #expect(!option.row.verbs.isEmpty)
        #expect(!option.row.summary.isEmpty)
        #expect(Set(option.row.verbs).count == option.row.verbs.count)
    }

    @Test func onlyRequestsHaveNoTwin() {
        #expect(Option.allCases.filter { $0.twin == nil } == [.help, .version])
    }
}
