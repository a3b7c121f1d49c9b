/// Programs that `script/setup` puts into `.tools/python`.
enum PythonTools {
    static func path(_ name: String) -> String { project + "/.tools/python/bin/" + name }

    private static let project = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
        .joined(separator: "/")
}
