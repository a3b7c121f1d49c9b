import CShims
import MountFS
import Synchronization
import Testing

@testable import MountSession

/// How a file is opened that is open already. The kernel gives a program EIO where these rules are broken.
@Suite struct OpenModesTests {
    /// The files that the kernel knows at this moment.
    private final class Kernel: Sendable {
        let known = Mutex<[Int32]>([])
        let mayPass = Mutex(true)
        let asked = Mutex(0)

        var backings: OpenModes.Backings {
            .init(
                open: { [self] _ in
                    let number = asked.withLock { asked in
                        asked += 1
                        return Int32(asked)
                    }
                    guard mayPass.withLock({ $0 }) else { return nil }
                    known.withLock { $0.append(number) }
                    return number
                }, close: { [self] number in known.withLock { $0.removeAll { $0 == number } } })
        }
    }

    /// Of a content that nobody reads.
    private final class Owner: Sendable {}

    private let memory: OpenTable
    private let kernel = Kernel()
    private let local = LocalContent(7, ownedBy: Owner())
    private let node = NodeID(5)

    init() {
        let places = UnsafeMutableBufferPointer<shim_fuse_open_node>.allocate(capacity: 4)
        places.initialize(repeating: shim_fuse_open_node())
        memory = OpenTable(places: places)
    }

    private func modes() -> OpenModes { OpenModes(memory, kernel.backings) }

    @Test func theFirstDecides() {
        let modes = modes()
        #expect(modes.open(node, 1, nil) == .buffered)
        // What has become whole meanwhile waits for the last who has it open otherwise.
        #expect(modes.open(node, 1, local) == .buffered)
        modes.close(node, .buffered)
        #expect(modes.open(node, 1, local) == .buffered)
        modes.close(node, .buffered)
        modes.close(node, .buffered)
        #expect(modes.open(node, 1, local) == .passing(1))
        // Also without the content at hand it is known to be the same.
        #expect(modes.open(node, 1, nil) == .passing(1))
        #expect(modes.open(node, 2, local) == nil)
        #expect(modes.open(node, nil, nil) == nil)
        modes.close(node, .passing(1))
        #expect(kernel.known.withLock { $0 } == [1])
        modes.close(node, .passing(1))
        #expect(kernel.known.withLock { $0 } == [])
        #expect(modes.open(node, 2, local) == .passing(2))
    }

    @Test func whatGoesPastTheCacheCountsForNothing() {
        let modes = modes()
        #expect(modes.open(node, 1, local, isDirect: true) == .direct)
        #expect(modes.open(node, 1, local) == .passing(1))
        modes.close(node, .direct)
        // While it is passing the kernel wants the same of all.
        #expect(modes.open(node, 1, nil, isDirect: true) == .passing(1))
        #expect(modes.open(node, 2, nil, isDirect: true) == nil)
        #expect(modes.open(NodeID(6), 1, nil) == .buffered)
        #expect(modes.open(NodeID(6), 1, local, isDirect: true) == .direct)
    }

    /// The kernel goes on with what a session that has died has told it.
    @Test func anotherSessionKnows() {
        let dead = modes()
        #expect(dead.open(node, 1, local) == .passing(1))
        #expect(dead.open(node, 1, local) == .passing(1))
        #expect(dead.open(NodeID(6), 1, nil) == .buffered)
        let modes = modes()
        #expect(modes.open(node, 1, nil) == .passing(1))
        #expect(modes.open(node, 2, local) == nil)
        #expect(modes.open(NodeID(6), 1, local) == .buffered)
        for _ in 0..<3 { modes.close(node, .passing(0)) }
        #expect(kernel.known.withLock { $0 } == [])
        #expect(modes.open(node, 2, local) == .passing(2))
    }

    @Test func refusedOnceNobodyIsAskedAgain() {
        kernel.mayPass.withLock { $0 = false }
        let modes = modes()
        #expect(modes.open(node, 1, local) == .buffered)
        modes.close(node, .buffered)
        #expect(modes.open(node, 1, local) == .buffered)
        #expect(kernel.asked.withLock { $0 } == 1)
    }

    @Test func moreFilesThanThereArePlaces() {
        let modes = modes()
        for number in 1...4 { #expect(modes.open(NodeID(UInt64(number)), 1, nil) == .buffered) }
        #expect(modes.open(NodeID(9), 1, local) == .direct)
        modes.close(NodeID(9), .direct)
        modes.close(NodeID(2), .buffered)
        #expect(modes.open(NodeID(9), 1, local) == .passing(1))
    }

    /// Nothing is undone twice.
    @Test func whoClosesWhatIsNotOpen() {
        let modes = modes()
        modes.close(node, .passing(3))
        #expect(modes.open(node, 1, local) == .passing(1))
        modes.close(node, .buffered)
        #expect(modes.open(node, 2, local) == nil)
    }
}
