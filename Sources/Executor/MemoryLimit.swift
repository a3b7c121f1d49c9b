public import Platform

/// How much memory a task may take, and what of it is there to be handed out.
public struct MemoryLimit: Sendable, Equatable {
    public let bytes: Int

    /// Less would not do: what the program needs for itself, one part of the usual size past the page cache, and a page of a
    /// listing.
    public static let least = 64 << 20
    /// More brings nothing by itself.
    public static let most = 1 << 30
    /// The program, its threads, and the connections that wait for their next request.
    private static let own = 32 << 20

    /// Nothing when it is too little.
    public init?(_ size: ByteSize) {
        guard size.bytes >= Self.least else { return nil }
        bytes = size.bytes
    }

    /// A quarter of what there is.
    public init(_ machine: MachineMemory = MachineMemory()) {
        bytes = min(Self.most, max(Self.least, machine.bytes / 4))
    }

    public var budget: MemoryBudget { MemoryBudget(bytes - Self.own) }
}
