import CShims
import Glibc
import Platform

/// Lets programs die that wait for an answer.
///
/// The kernel says of every signal that a waiting program gets that its request is called off, and says it once.
/// Answering EINTR each time would break programs that get signals all day and do not expect `stat` to be interrupted;
/// not answering at all would keep killed ones in a state that nobody can end. So it is the first word that counts for
/// nothing, and from then on the thread is looked at: when a signal is pending that will end it, its request is
/// answered.
///
/// Nothing wakes up here while no program is interrupted.
struct InterruptWatch: Sendable {
    private static let interval = 50
    /// A request that is not on the list for so long has been answered. At first it may not be on it yet.
    private static let patience = 40

    let waiting: WaitingList
    /// Where the numbers of interrupted requests come from, 8 bytes each.
    let numbers: Int32

    /// For ever.
    func run() {
        var watched: [UInt64: Int] = [:]
        while true {
            _ = DescriptorWait.untilReadable(numbers, milliseconds: watched.isEmpty ? nil : Self.interval)
            for number in arrived() { watched[number] = 0 }
            for (number, looks) in watched {
                if let exchange = waiting[number] {
                    guard CallingThread.isDying(exchange.thread) else { continue }
                    exchange.abandon()
                    watched[number] = nil
                } else {
                    watched[number] = looks < Self.patience ? looks + 1 : nil
                }
            }
        }
    }

    private func arrived() -> [UInt64] {
        var found = [UInt64](repeating: 0, count: 512)
        let count = read(numbers, &found, found.count * MemoryLayout<UInt64>.size)
        return Array(found.prefix(max(0, count) / MemoryLayout<UInt64>.size))
    }
}
