/// What an answer took, in seconds.
public struct HTTPTiming: Sendable {
    /// From the request that went out to the first byte.
    public var waiting: Double
    /// From there to the last.
    public var receiving: Double

    public init(waiting: Double, receiving: Double) {
        self.waiting = waiting
        self.receiving = receiving
    }
}
