import Glibc

/// The process environment, read once: what the program was started with.
public struct Environment: Sendable {
    private let values: [String: String]

    public init(_ values: [String: String]) {
        self.values = values
    }

    /// From `NAME=VALUE` lines.
    public init(lines: [String]) {
        let pairs = lines.compactMap { line in
            line.firstIndex(of: "=").map { (String(line[..<$0]), String(line[line.index(after: $0)...])) }
        }
        values = Dictionary(pairs, uniquingKeysWith: { _, last in last })
    }

    /// Makes it that of this process too, for libraries that look there themselves. No other thread may be looking.
    public func becomeThatOfThisProcess() {
        for (name, value) in values { setenv(name, value, 1) }
    }

    /// The environment of this process. Names or values that are not UTF-8 are left out: no option can name them.
    public static func ofThisProcess() -> Environment {
        var values: [String: String] = [:]
        var entry = environ
        while let line = entry.pointee {
            if let text = String(validatingCString: line), let equals = text.firstIndex(of: "=") {
                values[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            entry += 1
        }
        return Environment(values)
    }

    public subscript(name: String) -> String? { values[name] }

    /// The same with other variables, which count where a name is in both.
    public func adding(_ others: [String: String]) -> Environment {
        Environment(values.merging(others) { _, other in other })
    }

    /// `NAME=VALUE`, for a program that is started.
    public var lines: [String] { values.map { $0.key + "=" + $0.value } }

    /// A variable that is set to the empty string counts as not set, as for the XDG variables and most cloud SDKs.
    public func nonEmpty(_ name: String) -> String? {
        values[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
