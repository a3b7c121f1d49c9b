import Glibc
import Platform

/// Runs what asks stores, on threads that may wait.
enum TimedAsking {
    /// Nothing when the time has passed; what was begun is cancelled then.
    static func run<Success: Sendable>(
        milliseconds: Int?, _ body: @escaping @Sendable () async -> Success
    ) -> Success? {
        WorkThreads.run(2) { _ in
            guard let milliseconds else { return await body() }
            return await withTaskGroup(of: Success?.self) { group in
                group.addTask { await body() }
                group.addTask {
                    try? await Task.sleep(nanoseconds: UInt64(max(0, milliseconds)) * 1_000_000)
                    return nil
                }
                defer { group.cancelAll() }
                return await group.next() ?? nil
            }
        }
    }
}
