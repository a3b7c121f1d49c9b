import Platform
import Testing

@testable import provision

struct HelpTests {
    private let general = HelpPage(style: .plain).text

    @Test(arguments: Option.allCases)
    func generalPageShowsEveryOption(option: Option) {
        #expect(general.contains("\(option.usage)\n") || general.contains("\(option.usage) "))
        if let short = option.row.short { #expect(general.contains("-\(short), \(option.flag)")) }
    }

    @Test(arguments: Verb.allCases)
    func generalPageShowsEveryVerb(verb: Verb) {
        #expect(general.contains("\n  \(verb.helpName)"))
    }

    @Test(arguments: Verb.allCases)
    func pageOfAVerbShowsItsOptionsAndNoOthers(verb: Verb) {
        let page = HelpPage(of: verb, style: .plain).text
        let words = Set(page.split(whereSeparator: { " \n,".contains($0) }).map(String.init))
        for option in Option.allCases where !option.row.summary.contains("--") {
            let mentioned = Option.going(with: verb).contains { $0.row.summary.contains(option.flag) }
            #expect(words.contains(option.flag) == (option.row.verbs.contains(verb) || mentioned))
        }
        #expect(page.contains("(not there yet).") == !verb.isBuilt)
    }

    @Test func fitsATerminal() {
        let pages = [general] + Verb.allCases.map { HelpPage(of: $0, style: .plain).text }
        for line in pages.flatMap({ $0.split(separator: "\n") }) { #expect(line.count <= 80) }
    }

    @Test func colourOnlyAddsMarks() {
        let colored = HelpPage(style: TerminalStyle(isColored: true)).text
        #expect(colored != general)
        #expect(
            colored.replacing("\u{1B}[1m", with: "").replacing("\u{1B}[0m", with: "") == general)
    }

    @Test func wrapping() {
        #expect("aa bb cc".wrapped(to: 5) == ["aa bb", "cc"])
        #expect("aaaaaaaa b".wrapped(to: 5) == ["aaaaaaaa", "b"])
        #expect("".wrapped(to: 5) == [])
    }

    @Test func manualShowsEverything() {
        let manual = ManualPage().text
        func roff(_ text: String) -> String { text.map { $0 == "-" ? #"\-"# : String($0) }.joined() }
        for option in Option.allCases { #expect(manual.contains(#"\fB"# + roff(option.usage))) }
        for twin in Option.allCases.compactMap(\.twin) { #expect(manual.contains(twin)) }
        for verb in Verb.allCases { #expect(manual.contains(#"\fB"# + roff(verb.helpName))) }
        for status in ExitStatus.allCases { #expect(manual.contains(#"\fB\#(status.rawValue)\fR"#)) }
    }
}
