public import Platform

/// Which items of a source are wanted: `include`, `exclude`, and the `.skyignore` of a local folder.
public struct ItemFilter: Sendable {
    private let include: [Glob]
    private let exclude: [Glob]

    public static let ignoreFile: RawPath = ".skyignore"

    public init(include: [String], exclude: [String], ignoreFile: [UInt8]? = nil) {
        // Only files are included; who names a folder means what is in it.
        self.include = include.map { pattern in
            guard pattern.hasSuffix("/") else { return Glob(pattern) }
            return Glob((pattern.dropLast().contains("/") ? "" : "**/") + pattern + "**")
        }
        self.exclude = exclude.map(Glob.init) + Self.patterns(in: ignoreFile ?? []).map(Glob.init)
    }

    /// A folder that is excluded is not entered. Only files can be included: they may be anywhere below.
    public func wants(_ path: RawPath, isFolder: Bool) -> Bool {
        if exclude.contains(where: { $0.matches(path, isFolder: isFolder) }) { return false }
        return isFolder || include.isEmpty || include.contains { $0.matches(path, isFolder: false) }
    }

    /// The same for an object, or for one that stands for a folder: those above are only in its key, and it is wanted when they
    /// are.
    public func wantsObject(_ path: RawPath, isFolder: Bool = false) -> Bool {
        guard wants(path, isFolder: isFolder) else { return false }
        return exclude.isEmpty
            || !path.ancestors.contains { folder in
                exclude.contains { $0.matches(folder, isFolder: true) }
            }
    }

    /// Folders are wanted for their own sake only when everything is.
    public var keepsEmptyFolders: Bool { include.isEmpty }

    /// One pattern a line; `#` begins a comment, blanks at the end of a line do not count.
    private static func patterns(in bytes: [UInt8]) -> [String] {
        String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).compactMap { line in
            var line = line
            while let last = line.last, last == " " || last == "\t" { line.removeLast() }
            return line.isEmpty || line.hasPrefix("#") ? nil : String(line)
        }
    }
}
