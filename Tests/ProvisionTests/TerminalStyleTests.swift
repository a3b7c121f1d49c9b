import Platform
import Testing

@testable import provision

struct TerminalStyleTests {
    @Test(
        arguments: [
            (ColorChoice.auto, [:], true, true), (.auto, [:], false, false), (.auto, ["NO_COLOR": "1"], true, false),
            (.auto, ["NO_COLOR": ""], true, true), (.auto, ["TERM": "dumb"], true, false),
            (.always, ["NO_COLOR": "1", "TERM": "dumb"], false, true), (.never, [:], true, false),
        ] as [(ColorChoice, [String: String], Bool, Bool)])
    func chooses(choice: ColorChoice, environment: [String: String], isTerminal: Bool, isColored: Bool) {
        let style = TerminalStyle(choice, environment: Environment(environment), isTerminal: isTerminal)
        #expect(style.isColored == isColored)
    }

    @Test func marksOnlyWhenColored() {
        #expect(TerminalStyle(isColored: true).red("x") == "\u{1B}[31mx\u{1B}[0m")
        #expect(TerminalStyle(isColored: true).bold("") == "")
        #expect(TerminalStyle.plain.red("x") == "x")
    }
}
