import Glibc
import JSON
import ObjectStore
import Staging
import Synchronization
import TestSupport
import Testing

@testable import MountFS
@testable import Platform

/// Which file goes first when they cannot all go at once.
@Suite struct UploadOrderTests {
    private let bucket = MemoryBucket.writable()
    private let place: TemporaryFolder
    private let staging: StagingFolder
    private let uploader: Uploader

    /// One at a time, of files that are not small.
    init() throws {
        place = try TemporaryFolder()
        staging = try #require(
            try StagingFolder(SharedDescriptor(try .open(RawPath(place.path), FileFlags.folder))))
        var settings = UploadSettings()
        settings.requests = 1
        uploader = Uploader(bucket, MemoryBudget(64 << 20), settings)
    }

    /// Whole, and written after all others.
    private func file(_ name: String) throws -> StagedFile {
        let file = try staging.make(
            StagedImage(ofObjectWithSize: 0), base: nil, name: .string(name), description: nil, isTorn: true)
        try file.write(WritingBench.bytes(Uploader.smallSize + 1), at: 0)
        try file.seal()
        // The disk's clock has steps.
        usleep(12_000)
        return file
    }

    private func upload(_ file: StagedFile, _ name: String) -> Begun {
        Begun { [uploader] in
            _ = try await uploader.upload(file, to: Uploader.Target(key: ObjectKey(name), metadata: .init()))
        }
    }

    /// The first is on its way already. A later one is written while somebody waits for those before it.
    private func order(whileSomebodyWaits: Bool) async throws -> [String] {
        bucket.halt()
        var begun = [upload(try file("first"), "first")]
        #expect(await soon { bucket.state.withLock { $0.calls.count } == 1 })
        var files = try ["a", "b", "c", "d"].map { ($0, try file($0)) }
        let waiting = Begun { [uploader, bucket] in
            let isOver: () -> Bool = { bucket.objects.count == 6 }
            if whileSomebodyWaits { await uploader.newestFirst { #expect(await soon(isOver)) } }
        }
        #expect(await soon { uploader.drains.withLock { $0 } == (whileSomebodyWaits ? 1 : 0) })
        files.append(("late", try file("late")))
        for (name, file) in files {
            begun.append(upload(file, name))
            #expect(await soon { uploader.gate.waiting == begun.count - 1 })
        }
        bucket.goOn()
        for one in begun + [waiting] { try await one.end() }
        return bucket.takeCalls().compactMap { call in if case .put(let key) = call { key.shown } else { nil } }
    }

    @Test func asTheyCome() async throws {
        #expect(try await order(whileSomebodyWaits: false) == ["first", "a", "b", "c", "d", "late"])
    }

    @Test func theNewestWhileSomebodyWaits() async throws {
        #expect(try await order(whileSomebodyWaits: true) == ["first", "d", "c", "b", "a", "late"])
    }
}
