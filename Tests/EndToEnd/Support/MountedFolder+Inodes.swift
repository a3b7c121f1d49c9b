import TestSupport
import Testing

extension MountedFolder {
    /// So many mounts on it were refused together, for want of inodes, and nothing was written.
    func expectTooFewInodes(
        for mounts: Int, _ finished: Finished, at location: Testing.SourceLocation = #_sourceLocation
    ) throws {
        #expect(finished.status == 28, "\(finished.output)\(finished.errors)", sourceLocation: location)
        let problems = try Document(finished).diagnostics.filter { $0.hasPrefix("error ") }
        #expect(problems.count == 1, "\(problems)", sourceLocation: location)
        let start = "error not-enough-inodes the copies of \(mounts) mounts need "
        #expect(problems.first?.hasPrefix(start) == true, sourceLocation: location)
        let place = " inodes on the file system of \(path)"
        #expect(problems.first?.contains(place) == true, sourceLocation: location)
        #expect(FileTree(path).names == [], sourceLocation: location)
    }
}
