import Testing

@testable import MountFS

/// What each close says about a file, as the kernel tells of it.
@Suite struct WriterHandleTests {
    private func handle(opener: Int32 = 7, appends: Bool = false) -> WriterHandle {
        WriterHandle(opener: opener, appends: appends)
    }

    private func closer(_ process: Int32 = 7, isDying: Bool = false) -> WriterHandle.Closer {
        WriterHandle.Closer(process: process, isDying: isDying)
    }

    @Test func whoHasWrittenAndCloses() {
        var handle = handle()
        handle.wrote()
        #expect(handle.close(by: closer()) == .whole)
        // Nothing new since.
        #expect(handle.close(by: closer()) == .nothing)
    }

    /// `sh -c 'echo x > f'` moves the descriptor before it writes.
    @Test func aShellMovesTheDescriptor() {
        var handle = handle()
        #expect(handle.close(by: closer()) == .nothing)
        handle.wrote()
        #expect(handle.close(by: closer()) == .whole)
    }

    /// A child closes what it has inherited.
    @Test func aChildCloses() {
        var handle = handle()
        handle.wrote()
        #expect(handle.close(by: closer(8)) == .nothing)
        #expect(handle.close(by: closer()) == .whole)
    }

    @Test(arguments: [(0, 7), (7, 0), (0, 0)]) func namespacesHideWhoItIs(opener: Int32, process: Int32) {
        var handle = handle(opener: opener)
        handle.wrote()
        #expect(handle.close(by: closer(process)) == .whole)
    }

    @Test(arguments: [true, false]) func whoDiesLeavesItTorn(hasWritten: Bool) {
        var handle = handle()
        if hasWritten { handle.wrote() }
        #expect(handle.close(by: closer(isDying: true)) == .nothing)
        #expect(handle.release() == .nothing)
    }

    /// A log is whole up to where it was written.
    @Test func whoDiesAppending() {
        var handle = handle(appends: true)
        handle.wrote()
        #expect(handle.close(by: closer(isDying: true)) == .whole)
        #expect(handle.release() == .whole)
    }

    /// A child that dies may have been the one that wrote; whoever opened the file has the last word.
    @Test func aChildDies() {
        var handle = handle()
        handle.wrote()
        #expect(handle.close(by: closer(8, isDying: true)) == .nothing)
        #expect(handle.isTorn && handle.release() == .nothing)
        #expect(handle.close(by: closer()) == .whole)
        #expect(!handle.isTorn)
    }

    @Test func whoSynchronizedIsWhole() {
        var handle = handle()
        handle.wrote()
        _ = handle.close(by: closer(isDying: true))
        handle.synchronize()
        #expect(handle.release() == .whole)
    }

    /// Closed empty, a file is there when nobody has it open any more.
    @Test func neverWritten() {
        var handle = handle()
        #expect(handle.close(by: closer()) == .nothing)
        #expect(handle.release() == .whole)
    }
}
