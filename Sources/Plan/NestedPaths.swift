import Platform

/// Which paths are inside of which others.
enum NestedPaths {
    /// Relative to the outer ones, by these.
    static func byOuter(_ paths: [String]) -> [String: [RawPath]] {
        let all = Set(paths)
        var nested: [String: [RawPath]] = [:]
        for path in paths {
            for parent in Paths.parents(of: path) where all.contains(parent) {
                nested[parent, default: []].append(RawPath(path.dropFirst(parent.count + 1)))
            }
        }
        return nested
    }
}
