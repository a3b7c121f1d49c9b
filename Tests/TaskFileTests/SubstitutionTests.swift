import Platform
import Testing

@testable import TaskFile

@Suite struct SubstitutionTests {
    private var variables: Variables {
        var overrides = Variables.Overrides()
        overrides.set("OVER", to: "flag")
        var variables = Variables(overrides: overrides)
        let environment = Environment(["FROM_ENV": "env", "HIDDEN": "no"])
        variables.declare("KEY", "s3cr3t", isSecret: true, environment: environment)
        variables.declare("A", "1", isSecret: false, environment: environment)
        variables.declare("EMPTY", "", isSecret: false, environment: environment)
        variables.declare("OVER", "file", isSecret: false, environment: environment)
        variables.declare("FROM_ENV", nil, isSecret: false, environment: environment)
        variables.declare("NOWHERE", nil, isSecret: false, environment: environment)
        return variables
    }

    @Test(arguments: [
        ("plain", "plain"), ("${A}", "1"), ("$A", "1"), ("x$A/y", "x1/y"), ("${A}${A}", "11"), ("$$A", "$A"),
        ("$$", "$"), ("$", "$"), ("a$", "a$"), ("$5", "$5"), ("$-", "$-"), ("${A:-x}", "1"), ("${EMPTY:-x}", "x"),
        ("${NONE:-x}", "x"), ("${NONE:-}", ""), ("${NONE:-${A}2}", "12"), ("${NONE:-${EMPTY:-$A}}", "1"),
        ("${A:?needed}", "1"), ("${OVER}", "flag"), ("${FROM_ENV}", "env"), ("${NOWHERE:-d}", "d"),
        ("ü${A}ß", "ü1ß"), ("${NONE:-ü}", "ü"), ("${NONE:-a:b}", "a:b"), ("${NONE:-$$}", "$"),
    ])
    func replaces(text: String, result: String) {
        let (scalar, failures) = Substitution.apply(to: YAMLScalar(text, isPlain: true), variables)
        #expect(failures.isEmpty)
        #expect(scalar.text == result)
    }

    @Test(arguments: [
        ("${NONE}", [DiagnosticCode.undefinedVariable]), ("$NONE", [.undefinedVariable]),
        ("${HIDDEN}", [.undefinedVariable]), ("${NOWHERE}", [.undefinedVariable]),
        ("${NONE}$ALSO", [.undefinedVariable, .undefinedVariable]), ("${NONE:?say why}", [.requiredVariable]),
        ("${EMPTY:?}", [.requiredVariable]), ("${", [.badValue]), ("${A", [.badValue]), ("${}", [.badValue]),
        ("${1A}", [.badValue]), ("${A:+x}", [.badValue]), ("${A-x}", [.badValue]), ("${NONE:-x", [.badValue]),
        ("${NONE:?x", [.badValue]), ("${NONE:-${ALSO}}", [.undefinedVariable]),
        (String(repeating: "${X:-", count: 40) + String(repeating: "}", count: 40), [.badValue]),
    ])
    func complains(text: String, codes: [DiagnosticCode]) {
        let (scalar, failures) = Substitution.apply(to: YAMLScalar(text, isPlain: true), variables)
        #expect(failures.map(\.code) == codes)
        #expect(scalar.isBroken)
    }

    @Test func neverShowsSecrets() {
        let (scalar, _) = Substitution.apply(to: YAMLScalar("s3://b/$KEY/${X:-$KEY}", isPlain: true), variables)
        #expect(scalar.text == "s3://b/s3cr3t/s3cr3t")
        #expect(scalar.shown == "s3://b/***/***")
        #expect(!"\(Secret("s3cr3t"))\(String(reflecting: Secret("s3cr3t")))".contains("s3cr3t"))
    }

    @Test func typesWhatAVariableYields() {
        let quoted = Substitution.apply(to: YAMLScalar("${A}", isPlain: false), variables).0
        #expect(quoted.type == .integer(1))
        #expect(Substitution.apply(to: YAMLScalar("$$1", isPlain: false), variables).0.type == .string)
    }
}
