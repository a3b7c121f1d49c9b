import ObjectStore
import Platform

/// What only asking tells of a store, in a session that takes the place of one that has died. Programs wait for it, and the store may be
/// away: it goes on without after a moment, as with a store that can less, and asks until it is answered.
enum StoreLearning {
    private static let patience = 250
    private static let (firstPause, longestPause) = (1000, 60_000)

    static func begin(_ store: any ObjectStore) {
        let isEnough = Semaphore()
        let alarm = AlarmClock.shared.set(milliseconds: patience) { isEnough.signal() }
        Task.detached {
            await learn(of: store)
            isEnough.signal()
        }
        isEnough.wait()
        AlarmClock.shared.callOff(alarm)
    }

    private static func learn(of store: any ObjectStore) async {
        var pause = firstPause
        while true {
            do throws(StoreError) {
                // What is missing the first session has told.
                _ = try await store.learn()
                return
            } catch  where !error.isRetryable {
                // The first session was not told either, or could not have begun.
                return
            } catch {
                await AlarmClock.shared.pause(milliseconds: pause)
                pause = min(pause * 2, longestPause)
            }
        }
    }
}
