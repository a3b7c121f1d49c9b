import Testing

@testable import MountFS

/// Who shares what is fetched ahead.
struct ActiveStreamsTests {
    @Test func whoHasGoneDoesNotCount() {
        let streams = ActiveStreams()
        let (first, second) = (Reader(), Reader())
        #expect(streams.note(first, tick: 1) == 1)
        #expect(streams.note(second, tick: 2) == 2)
        #expect(streams.note(second, tick: 2 + ActiveStreams.patience) == 1)
        #expect(streams.note(first, tick: 3 + ActiveStreams.patience) == 2)
        streams.remove(second)
        #expect(streams.note(first, tick: 4 + ActiveStreams.patience) == 1)
    }

    /// Only what has the store for itself says how fast that is, and only if it is large enough.
    @Test func whatComesAtOnceNeedsLittleAhead() async {
        let pace = RequestPace()
        let most = 128 << 20
        for _ in 0..<10 { await pace.measure(64 << 10) { true } }
        for _ in 0..<10 { await pace.measure(1 << 20) { false } }
        #expect(pace.window(most: most) == most)
        // A thread may be interrupted; the shortest time counts.
        for _ in 0..<10 { await pace.measure(1 << 20) { true } }
        #expect(pace.window(most: most) == 32 << 20)
    }

    @Test func manyHaveLittleEachAndNobodyNothing() {
        let pace = RequestPace()
        let most = 128 << 20
        #expect(pace.window(most: most) == most)
        #expect(pace.window(most: most, among: 2) == 64 << 20)
        #expect(pace.window(most: most, among: 100) == 32 << 20)
        #expect(pace.window(most: 8 << 20, among: 100) == 8 << 20)
    }
}
