import Foundation

/// What `script/setup` puts into `.tools/python`.
enum PythonTools {
    /// A program.
    static func path(_ name: String) -> String { folder + "/bin/" + name }

    /// A file or folder of a package; nothing when it is not installed.
    static func package(_ name: String) -> String? {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: folder + "/lib")) ?? []
        return versions.map { "\(folder)/lib/\($0)/site-packages/\(name)" }
            .first { FileManager.default.fileExists(atPath: $0) }
    }

    private static let folder =
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/")
        + "/.tools/python"
}
