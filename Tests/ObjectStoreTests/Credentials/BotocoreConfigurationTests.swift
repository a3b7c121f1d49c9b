import JSON
import Platform
import TestSupport
import Testing

@testable import ObjectStore

/// Generated configuration files are read as botocore reads them. Left out is what we read and it does not: comments
/// behind values, sections and keys that stand there twice.
struct BotocoreConfigurationTests {
    private struct Case {
        var config = ""
        var credentials = ""

        init(_ generator: inout SeededGenerator) {
            let names = ["default", "dev", "prod.eu", "a-b", "two words", "ü"]
            let line = Bool.random(using: &generator) ? "\n" : "\r\n"
            for name in names where Int.random(in: 0..<3, using: &generator) > 0 {
                let header = name == "default" ? name : "profile " + (name.contains(" ") ? "\"\(name)\"" : name)
                config += "[\(header)]\(line)" + Self.body(line, nests: true, &generator)
            }
            for name in ["session one", "lab"] {
                config += "[sso-session \(Self.quoted(name))]\(line)" + Self.body(line, nests: false, &generator)
                config += "[services \(Self.quoted(name))]\(line)" + Self.body(line, nests: true, &generator)
            }
            for name in names where Bool.random(using: &generator) && !name.contains(" ") {
                credentials += "[\(name)]\(line)" + Self.body(line, nests: false, &generator)
            }
        }

        private static func quoted(_ name: String) -> String { name.contains(" ") ? "\"\(name)\"" : name }

        private static func body(_ line: String, nests: Bool, _ generator: inout SeededGenerator) -> String {
            var keys = ["aws_access_key_id", "aws_secret_access_key", "Region", "role_arn", "sso_start_url", "x"]
            keys.shuffle(using: &generator)
            let indentation = ["", "", "  "].randomElement(using: &generator) ?? ""
            let values = [
                "a", "A/b+c=", "http://h:1/?x=y", "a#b", "x;y", "it's \"q\"", "arn:aws:iam::1:role/r", "ü %(x)s", "",
            ]
            var text = ""
            for key in keys.prefix(Int.random(in: 0...keys.count, using: &generator)) {
                let sign = ["=", " = ", ": ", "  =", "\t=\t"].randomElement(using: &generator) ?? "="
                text += indentation + key + sign + (values.randomElement(using: &generator) ?? "") + line
                if Int.random(in: 0..<5, using: &generator) == 0 { text += "# comment\(line)" }
                if Int.random(in: 0..<5, using: &generator) == 0 { text += line }
            }
            guard nests, Bool.random(using: &generator) else { return text }
            text += indentation + "s3 =" + line
            for key in ["endpoint_url", "addressing_style"] where Bool.random(using: &generator) {
                text += indentation + "    \(key) = http://x:9/a=b\(line)"
            }
            return text
        }
    }

    @Test(.enabled(if: Python.isHere, Comment(rawValue: Python.absence)))
    func readsWhatBotocoreReads() throws {
        // To see a failure again: the same number in the environment.
        let seed = Environment.ofThisProcess().nonEmpty("PROVISION_TEST_SEED").flatMap { UInt64($0) }
        let chosen = seed ?? .random(in: 0..<1 << 32)
        print("BotocoreConfigurationTests: PROVISION_TEST_SEED=\(chosen)")
        var generator = SeededGenerator(seed: chosen)
        let cases = (0..<400).map { _ in Case(&generator) }
        let input = cases.map { one in
            let json: JSONValue = ["config": .string(one.config), "credentials": .string(one.credentials)]
            return json.compact + "\n"
        }
        let answers = try Python.run("Tests/ObjectStoreTests/Credentials/judge.py", input: input.joined())
            .split(separator: "\n")
        try #require(answers.count == cases.count)
        for (one, answer) in zip(cases, answers) {
            let judged = try JSONValue(reading: answer.utf8)
            #expect(judged["error"] == nil, "\(one.config)\n---\n\(one.credentials)")
            try compare(one, judged)
        }
    }

    private func compare(_ one: Case, _ judged: JSONValue) throws {
        let folder = try TemporaryFolder()
        try folder.write(one.config, to: "config")
        try folder.write(one.credentials, to: "credentials")
        let environment = Environment([
            "AWS_CONFIG_FILE": folder.path("config"), "AWS_SHARED_CREDENTIALS_FILE": folder.path("credentials"),
        ])
        let ours = AWSConfiguration(environment, home: "/nowhere")
        let theirs = judged["profiles"]?.members ?? []
        #expect(ours.profileNames == theirs.map(\.name).sorted(), "\(one.config)\n---\n\(one.credentials)")
        for member in theirs {
            let profile = try #require(ours.profile(member.name))
            var values = profile.config.values.merging(profile.credentials.values) { $1 }
            for (key, nested) in profile.config.nested where values[key] == "" {
                expect(nested, member.value[key], one)
            }
            for key in profile.config.nested.keys { values[key] = nil }
            let flat = (member.value.members ?? []).filter { $0.value.text != nil && !($0.name == "s3") }
            values["s3"] = nil
            #expect(values == Dictionary(uniqueKeysWithValues: flat.map { ($0.name, $0.value.text ?? "") }), "\(one)")
        }
        for member in judged["sessions"]?.members ?? [] {
            expect(try #require(ours.session(member.name)).values, member.value, one)
        }
    }

    private func expect(_ ours: [String: String], _ theirs: JSONValue?, _ one: Case) {
        let members = theirs?.members ?? []
        #expect(ours == Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.value.text ?? "") }), "\(one)")
    }
}

extension JSONValue {
    fileprivate var members: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }
}
