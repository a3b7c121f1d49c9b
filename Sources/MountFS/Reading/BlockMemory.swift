import Platform

/// Memory for a piece of a file. It goes back to its budget when nobody refers to it any more: neither the file, nor the
/// request that fills it, nor an answer that is being copied from it. Unchecked, since what bytes are valid is known by the
/// part that has it.
final class BlockMemory: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer
    private let origin: Origin

    private enum Origin {
        case grant(MemoryGrant)
        /// Of a size that is used again and again.
        case buffer(MemoryBuffer, MemoryBudget)
    }

    /// A piece of what was granted.
    init(_ count: Int, of grant: MemoryGrant) {
        bytes = .allocate(byteCount: count, alignment: 16)
        origin = .grant(grant)
    }

    /// Memory for bytes that nobody has asked for yet, if so much is free that others have enough left.
    init?(ahead count: Int, of budget: MemoryBudget) {
        let reserve = max(1, budget.total / 8)
        if count >= Self.pooled, count & (count - 1) == 0 {
            guard let buffer = budget.tryTakeBuffer(count, leaving: reserve) else { return nil }
            bytes = buffer.prefix(count)
            origin = .buffer(buffer, budget)
        } else {
            guard let grant = MemoryGrant(trying: count, of: budget, leaving: reserve) else { return nil }
            bytes = .allocate(byteCount: count, alignment: 16)
            origin = .grant(grant)
        }
    }

    deinit {
        switch origin {
        case .grant: bytes.deallocate()
        case .buffer(let buffer, let budget): budget.giveBack(0, and: buffer)
        }
    }

    /// From here on fresh memory costs enough to keep what was used.
    static let pooled = 1 << 20
}

/// A piece of such memory. Whoever has it has the memory.
struct MemoryPiece: Sendable {
    let memory: BlockMemory
    let range: Range<Int>

    var bytes: UnsafeMutableRawBufferPointer { .init(rebasing: memory.bytes[range]) }

    func dropFirst(_ count: Int) -> MemoryPiece {
        MemoryPiece(memory: memory, range: range.lowerBound + count..<range.upperBound)
    }

    func prefix(_ count: Int) -> MemoryPiece {
        MemoryPiece(memory: memory, range: range.lowerBound..<range.lowerBound + count)
    }
}

/// Some of a budget, taken at once for several pieces and given back when the last of them goes.
final class MemoryGrant: Sendable {
    let count: Int
    private let budget: MemoryBudget

    init?(trying count: Int, of budget: MemoryBudget, leaving rest: Int = 0) {
        guard budget.tryTake(count, leaving: rest) else { return nil }
        self.count = count
        self.budget = budget
    }

    /// Waits in line.
    init(_ count: Int, of budget: MemoryBudget) async {
        await budget.take(count)
        self.count = count
        self.budget = budget
    }

    deinit {
        budget.giveBack(count)
    }
}
