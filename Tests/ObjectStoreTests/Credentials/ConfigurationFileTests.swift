import Platform
import Testing

@testable import ObjectStore

struct ConfigurationFileTests {
    private func read(_ text: String) -> AWSConfigurationFile { AWSConfigurationFile(Array(text.utf8)) }

    @Test func keysOfSections() {
        let file = read(
            "[default]\nregion = eu-west-1\n\n[profile  dev]\n AWS_Access_Key_ID=AKIA\n aws_secret_access_key : s\n")
        #expect(file.sections["default"]?.values == ["region": "eu-west-1"])
        #expect(file.sections["profile dev"]?.values == ["aws_access_key_id": "AKIA", "aws_secret_access_key": "s"])
        #expect(file.problems.isEmpty)
    }

    @Test func marksAndLineEndsOfWindows() {
        let file = AWSConfigurationFile(
            [0xEF, 0xBB, 0xBF] + Array("[default]\r\nregion = a\r\n\r\noutput = json\r\n".utf8))
        #expect(file.sections["default"]?.values == ["region": "a", "output": "json"])
    }

    @Test func quotedNames() {
        let file = read("[profile \"two words\"]\na = 1\n[profile 'x']\nb = 2\n")
        #expect(file.sections["profile two words"]?.values == ["a": "1"])
        #expect(file.sections["profile x"]?.values == ["b": "2"])
    }

    @Test func comments() {
        let file = read(
            "# a\n; b\n[default] # c\n# d\nregion = eu-west-1 # e\nkey = a#b;c\nother = x\t; f\nnone = # g\n")
        #expect(
            file.sections["default"]?.values == ["region": "eu-west-1", "key": "a#b;c", "other": "x", "none": ""])
    }

    @Test func keysBelowKeys() {
        let file = read(
            "[services lab]\ns3 =\n  endpoint_url = http://a:1\n  # not this\n  x = y=z\nsts=\n  endpoint_url = http://b\n"
        )
        #expect(
            file.sections["services lab"]?.nested == [
                "s3": ["endpoint_url": "http://a:1", "x": "y=z"], "sts": ["endpoint_url": "http://b"],
            ])
    }

    @Test func valuesOverSeveralLines() {
        #expect(read("[a]\nk = 1\n  2\n\n  3\nl = 4\n").sections["a"]?.values == ["k": "1\n2\n3", "l": "4"])
    }

    @Test func laterOnesCount() {
        let file = read("[a]\nk = 1\nl = 1\n[b]\n[a]\nk = 2\n")
        #expect(file.sections["a"]?.values == ["k": "2", "l": "1"])
    }

    @Test func problemsKeepTheirLines() {
        let file = read("stray = 1\n[a]\nk = 1\nno sign\n[b\nlost = 1\n[c] d\n[]\n[e]\n= 1\nf =\n  g\n")
        #expect(file.problems.map(\.line) == [1, 5, 6, 7, 8])
        #expect(file.sections["a"]?.problems.map(\.line) == [4])
        #expect(file.sections["e"]?.problems.map(\.line) == [10, 12])
        #expect(file.sections["a"]?.values == ["k": "1"])
    }

    @Test func bytesThatAreNoText() {
        let file = AWSConfigurationFile(Array("[a]\nk = ".utf8) + [0xFF, 0x0A] + Array("l = 2\nm = \0\n".utf8))
        #expect(file.sections["a"]?.values == ["l": "2"])
        #expect(file.sections["a"]?.problems.map(\.line) == [2, 4])
    }

    @Test func neverFallsOver() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("[]=:#; \t\r\nab'\"\\".utf8) + [0, 0xC3, 0xFF]
        for _ in 0..<2000 {
            let count = Int.random(in: 0..<60, using: &generator)
            _ = AWSConfigurationFile((0..<count).map { _ in alphabet.randomElement(using: &generator) ?? 0 })
        }
    }
}
