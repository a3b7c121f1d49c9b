import Platform
import Testing

@testable import provision

/// What holds for each option of the table: ways to give it, its twin, precedence, and what is refused.
struct EveryOptionTests {
    private func value(_ option: Option, _ text: String) throws -> OptionValue { try option.row.argument.read(text) }

    @Test(arguments: Option.settable)
    func takesItsValueAsNextWordOrBehindEquals(option: Option) throws {
        let sample = option.row.argument.samples.one
        let expected = [try value(option, sample)]
        #expect(try settings(of: option.aVerb, "\(option.flag)=\(sample)", dry(option)).values(of: option) == expected)
        let separate = option.takesValue ? "\(option.flag) \(sample)" : option.flag
        let found = try settings(of: option.aVerb, separate, dry(option))
        #expect(found.values(of: option) == expected)
        #expect(found.source(of: option) == .flag)
        #expect(found.place(of: option) == option.flag)
    }

    @Test(arguments: Option.settable)
    func twinStandsInAndIsNamed(option: Option) throws {
        let twin = try #require(option.twin)
        let sample = option.row.argument.samples.one
        let found = try settings(of: option.aVerb, "", [twin: sample])
        #expect(found.values(of: option) == [try value(option, sample)])
        #expect(found.source(of: option) == .environment)
        #expect(found.place(of: option) == twin)
    }

    @Test(arguments: Option.settable)
    func emptyTwinIsNotSet(option: Option) throws {
        let found = try settings(of: option.aVerb, "", [try #require(option.twin): ""])
        #expect(found.values(of: option) == [])
        #expect(found.source(of: option) == .nobody)
    }

    @Test(arguments: Option.settable)
    func commandLineBeatsEnvironmentBeatsConfiguration(option: Option) throws {
        let (one, other, _) = option.row.argument.samples
        let twin = try #require(option.twin)
        let config = [option.rawValue: [one]]

        var found = try settings(of: option.aVerb, "\(option.flag)=\(one)", dry(option).merging([twin: other]) { $1 })
        #expect(found.values(of: option) == [try value(option, one)])

        found = try settings(of: option.aVerb, "", [twin: other])
        try found.apply(config: config, from: "c.yaml")
        #expect(found.values(of: option) == [try value(option, other)])

        found = try settings(of: option.aVerb)
        try found.apply(config: config, from: "c.yaml")
        #expect(found.values(of: option) == [try value(option, one)])
        #expect(found.source(of: option) == .config(file: "c.yaml"))
        #expect(found.place(of: option) == "c.yaml: \(option.rawValue)")
    }

    @Test(arguments: Option.settable)
    func badValueIsRefusedWithTheNameOfItsPlace(option: Option) throws {
        guard let bad = option.row.argument.samples.bad else { return }
        let twin = try #require(option.twin)
        let words = Words([RawArgument("\(option.flag)=\(bad)")])
        #expect(words.problem?.status == .usage)
        #expect(words.problem?.message?.hasPrefix("\(option.flag): ") == true)

        let environment = #expect(throws: Failure.self) { try settings(of: option.aVerb, "", [twin: bad]) }
        #expect(environment?.status == .usage)
        #expect(environment?.message?.hasPrefix("\(twin): ") == true)

        var found = try settings(of: option.aVerb)
        let config = #expect(throws: Failure.self) { try found.apply(config: [option.rawValue: [bad]], from: "c.yaml") }
        #expect(config?.status == .badConfiguration)
        #expect(config?.message?.hasPrefix("c.yaml: \(option.rawValue): ") == true)
    }

    @Test(arguments: Option.settable)
    func emptyValueIsRefused(option: Option) {
        #expect(Words([RawArgument(option.flag + "=")]).problem?.message == "\(option.flag): the value is empty")
    }

    @Test(arguments: Option.settable.filter(\.takesValue))
    func missingValueIsRefused(option: Option) {
        for line in [[option.flag], [option.flag, "--"], [option.flag, "--quiet"], [option.flag, "-q"]] {
            let problem = Words(line.map { RawArgument($0) }).problem
            #expect(problem?.message == "\(option.flag) needs a value")
            #expect(problem?.hint?.contains(option.usage) == true)
        }
    }

    @Test(arguments: Option.settable)
    func repeatingCollectsOrMustAgree(option: Option) throws {
        let (one, other, _) = option.row.argument.samples
        let twice = Words([RawArgument("\(option.flag)=\(one)"), RawArgument("\(option.flag)=\(one)")])
        #expect(twice.problem == nil)
        let both = Words([RawArgument("\(option.flag)=\(one)"), RawArgument("\(option.flag)=\(other)")])
        if option.row.isRepeatable {
            #expect(twice.options[option]?.count == 2)
            #expect(both.options[option] == [try value(option, one), try value(option, other)])
        } else {
            #expect(twice.options[option]?.count == 1)
            #expect(both.problem?.message == "\(option.flag) is given twice, with different values")
        }
    }

    @Test(arguments: Option.settable)
    func repeatableTwinHoldsOneValueALine(option: Option) throws {
        let (one, other, _) = option.row.argument.samples
        let twin = try #require(option.twin)
        let lines = [twin: "\(one)\n\n\(other)\n"]
        if option.row.isRepeatable {
            let found = try settings(of: option.aVerb, "", lines)
            #expect(found.values(of: option) == [try value(option, one), try value(option, other)])
        } else if option.row.argument.samples.bad != nil {
            #expect(throws: Failure.self) { try settings(of: option.aVerb, "", lines) }
        }
    }

    /// With a built verb, since the others answer that they are not there before anything else.
    @Test(arguments: Option.settable.filter { !$0.row.verbs.contains(.version) })
    func refusedWithAVerbItDoesNotGoWith(option: Option) {
        let found = failure("version \(option.flag)=\(option.row.argument.samples.one)")
        #expect(found?.message == "\(option.flag) does not go with `provision version`")
        #expect(found?.hint?.contains(option.aVerb.title) == true)
    }

    @Test(arguments: Option.settable.filter { !$0.row.verbs.contains(.version) })
    func twinIsIgnoredByAVerbItDoesNotGoWith(option: Option) throws {
        let twin = try #require(option.twin)
        let found = try parse("version", [twin: option.row.argument.samples.bad ?? "x"]).settings
        #expect(found.source(of: option) == .nobody)
    }

    /// `--offline` is refused without its companion.
    private func dry(_ option: Option) -> [String: String] {
        option == .offline ? ["PROVISION_DRY_RUN": "1"] : [:]
    }
}
