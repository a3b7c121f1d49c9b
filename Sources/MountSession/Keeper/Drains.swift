/// Who waits until a session has everything in the bucket, by the numbers under which it is asked for that.
struct Drains {
    private var waiting: [UInt8: @Sendable () -> Void] = [:]
    private var last: UInt8 = 0

    /// Nothing when too many wait already.
    mutating func add(_ then: @escaping @Sendable () -> Void) -> UInt8? {
        guard waiting.count < Int(UInt8.max) else { return nil }
        repeat { last &+= 1 } while waiting[last] != nil
        waiting[last] = then
        return last
    }

    mutating func take(_ number: UInt8) -> (@Sendable () -> Void)? { waiting.removeValue(forKey: number) }

    mutating func takeAll() -> [@Sendable () -> Void] {
        defer { waiting = [:] }
        return Array(waiting.values)
    }

    var numbers: [UInt8] { waiting.keys.sorted() }
}
