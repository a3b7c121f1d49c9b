import Platform
import Testing

@testable import provision

/// Command lines that are refused, with a secret in every place where one may have been put or misplaced.
struct SecrecyTests {
    @Test(arguments: [
        "task.yaml --env TO-KEN=hunter2", "task.yaml --env hunter2!", "task.yaml --env =hunter2",
        "task.yaml --evn TOKEN=hunter2", "task.yaml --evn=TOKEN=hunter2", "task.yaml --env A=1 TOKEN=hunter2",
        "TOKEN=hunter2 task.yaml", "task.yaml -eTOKEN=hunter2", "task.yaml -phunter2", "task.yaml --jobs TOKEN=hunter2",
        "version --env TOKEN=hunter2", "task.yaml --env TOKEN=hunter2 --nonsense", "version TOKEN=hunter2",
        "s3://user:hunter2@host/x", "https://h/x?sig=hunter2", "completion TOKEN=hunter2", "help TOKEN=hunter2",
        "task.yaml --output TOKEN=hunter2", "task.yaml https://user:hunter2@h/",
    ])
    func noRefusalRepeatsIt(line: String) throws {
        let found = try #require(failure(line))
        #expect(!found.text.contains("hunter2"))
        #expect(found.status == .usage)
    }

    @Test func norDoesThatOfAVariable() throws {
        let found = try #require(failure("task.yaml", ["PROVISION_ENV": "GOOD=1\nBA-D=hunter2"]))
        #expect(found.message?.hasPrefix("PROVISION_ENV: ") == true)
        #expect(!found.text.contains("hunter2"))
    }

    @Test(arguments: [
        ("plain", "'plain'"), ("A=secret", "'A=...'"), ("A=", "'A='"), ("s3://u:p@h/k", "'s3://...@h/k'"),
        ("https://h/a@b", "'https://h/a@b'"), ("https://u:p@h/x?y=z", "'https://...@h/x?...'"), ("x?", "'x?'"),
    ])
    func shown(word: String, text: String) {
        #expect(word.shown == text)
    }

    @Test func messagesCannotDriveTheTerminal() {
        #expect(failure("\u{1B}[2Jstatus\nprovision:")?.text.contains("\u{1B}") == false)
        #expect(failure(words: ["a\nb"])?.text.split(separator: "\n").first == "provision: unknown verb 'a\\nb'")
    }
}
