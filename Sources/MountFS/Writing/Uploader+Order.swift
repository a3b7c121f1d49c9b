import Platform
import Staging
import Synchronization

/// Which file is sent first when there are more than can be sent at once.
///
/// Usually the one that was whole first. While somebody waits until all is in the bucket, who may not have the time for all of
/// it, what was written last comes first: of checkpoints the newest is worth the most. What is written from then on waits
/// behind that, so that who goes on writing holds nobody up.
extension Uploader {
    /// Begins with the first of those who wait at the same time, and ends with the last.
    func newestFirst<Answer>(_ body: () async -> Answer) async -> Answer {
        drains.withLock { drains in
            drains += 1
            if drains == 1 { prefer(upTo: FileTime.now.rank) }
        }
        defer {
            drains.withLock { drains in
                drains -= 1
                if drains == 0 { prefer(upTo: nil) }
            }
        }
        return await body()
    }

    private func prefer(upTo rank: Int?) {
        for gate in [gate, smallGate] { gate.preferHighest(upTo: rank) }
    }

    /// The time at which it was written to last, also by an earlier session. Where the disk does not say it, it comes last.
    func rank(of file: StagedFile) -> Int {
        (try? file.data.file.entry().modified.rank) ?? .min
    }
}

extension FileTime {
    fileprivate var rank: Int { seconds * 1_000_000_000 + nanoseconds }
}
