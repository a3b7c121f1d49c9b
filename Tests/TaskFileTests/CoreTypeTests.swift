import Testing

@testable import TaskFile

@Suite struct CoreTypeTests {
    /// What YAML 1.1 took for booleans, octals and base-60 numbers are strings and plain numbers here.
    @Test(arguments: [
        ("", CoreType.null), ("~", .null), ("null", .null), ("NULL", .null), ("nUll", .string),
        ("true", .boolean(true)), ("False", .boolean(false)), ("TRUE", .boolean(true)), ("tRUE", .string),
        ("yes", .string), ("no", .string), ("on", .string), ("off", .string), ("y", .string), ("12:30", .string),
        ("0755", .integer(755)), ("0o17", .integer(15)), ("0x1F", .integer(31)), ("-12", .integer(-12)),
        ("+7", .integer(7)), ("-", .string), ("+", .string), ("--1", .string), ("-+1", .string), ("0o8", .string),
        ("0x", .string), ("-0x1", .string), ("1_000", .string), ("٣", .string), ("1e3", .float), ("1.", .float),
        (".5", .float), (".", .string), ("1.2.3", .string), ("-.inf", .float), (".nan", .float), ("1e", .string),
        ("1.10", .float), ("99999999999999999999", .integer(.max)), ("2026-11-20", .string), ("1d", .string),
    ])
    func plain(text: String, type: CoreType) {
        #expect(CoreType(plain: text) == type)
    }
}
