import Foundation
import MountFS
import ObjectStore
import Platform
import Staging
import TestSupport

/// Where a test's mount stages what is written, and how it is committed.
final class TestStaging: Sendable {
    let folder: TemporaryFolder
    let settings: WritingSettings

    /// Pauses are short.
    convenience init(_ commit: CommitMode = .close, _ change: (inout WritingSettings) -> Void = { _ in }) throws {
        var settings = WritingSettings()
        settings.commit = commit
        settings.pauses = TimeSpan(milliseconds: 1)...TimeSpan(milliseconds: 5)
        settings.longPause = TimeSpan(milliseconds: 5)
        settings.afterCrash = TimeSpan(milliseconds: 0)
        change(&settings)
        self.init(try TemporaryFolder(), settings)
    }

    private init(_ folder: TemporaryFolder, _ settings: WritingSettings) {
        self.folder = folder
        self.settings = settings
    }

    func writing(_ store: any ObjectStore, _ report: @escaping @Sendable (String) -> Void) throws -> MountWriting {
        let place = SharedDescriptor(try .open(RawPath(folder.path), FileFlags.folder))
        guard let staging = try StagingFolder(place) else { throw InUse() }
        var settings = settings
        settings.report = { [wanted = settings.report] line, error in
            wanted(line, error)
            report(line)
        }
        return try MountWriting(store, staging, at: RawPath(folder.path), MemoryBudget(64 << 20), settings)
    }

    struct InUse: Error {}

    /// What `kill -9` of the session would leave on the disk now. The session that has this folder goes on without
    /// knowing: of what it does from now on nothing is seen here.
    func afterKill(_ change: (inout WritingSettings) -> Void = { _ in }) throws -> TestStaging {
        var settings = settings
        change(&settings)
        var previous: [[UInt8]: FileTree.Node]?
        for _ in 0..<100 {
            let copy = try TemporaryFolder()
            try FileManager.default.removeItem(atPath: copy.path)
            // A file can go while the folder is copied.
            guard (try? FileManager.default.copyItem(atPath: folder.path, toPath: copy.path)) != nil else {
                try FileManager.default.createDirectory(atPath: copy.path, withIntermediateDirectories: true)
                continue
            }
            let nodes = FileTree(copy.path).nodes
            if let previous, Self.contents(previous) == Self.contents(nodes) { return TestStaging(copy, settings) }
            previous = nodes
        }
        throw NeverStill()
    }

    private static func contents(_ nodes: [[UInt8]: FileTree.Node]) -> [[UInt8]: [UInt8]] {
        nodes.mapValues { node in if case .file(let bytes) = node.content { bytes } else { [] } }
    }

    struct NeverStill: Error {}

    /// Everything below it, by path.
    var files: [String: [UInt8]] {
        Dictionary(
            uniqueKeysWithValues: FileTree(folder.path).nodes.compactMap { path, node in
                guard case .file(let bytes) = node.content else { return nil }
                return (String(decoding: path, as: UTF8.self), bytes)
            })
    }
}
