public import Platform

/// Goes through the items of a listing. It is no sequence, because reading can fail: then nobody may take what came until then
/// for all there is.
public struct ItemReader {
    private let list: ItemList
    private let placement: ItemPlacement
    private var nextPiece = 0
    private var piece: [UInt8] = []
    private var place = 0

    init(_ list: ItemList, _ placement: ItemPlacement) {
        self.list = list
        self.placement = placement
    }

    public mutating func next() throws(SystemError) -> SourceListing.Item? {
        while place >= piece.count {
            guard nextPiece < list.pieces else { return nil }
            piece = try list.piece(nextPiece)
            place = 0
            nextPiece += 1
        }
        return placement.placed(PackedItem.read(piece, at: &place))
    }

    /// All items, the last one first.
    static func reversed<Failure: Error>(
        _ list: ItemList, _ placement: ItemPlacement, reading failure: (SystemError) -> Failure,
        _ body: (SourceListing.Item) throws(Failure) -> Void
    ) throws(Failure) {
        for index in (0..<list.pieces).reversed() {
            let piece: [UInt8]
            do throws(SystemError) { piece = try list.piece(index) } catch { throw failure(error) }
            var items: [SourceListing.Item] = []
            var place = 0
            while place < piece.count { items.append(PackedItem.read(piece, at: &place)) }
            for item in items.reversed() { try body(placement.placed(item)) }
        }
    }
}

/// Where below the destination the items of a source land.
enum ItemPlacement: Sendable {
    case asListed
    case named(RawPath)
    case inFolder(RawPath)

    func placed(_ item: SourceListing.Item) -> SourceListing.Item {
        var item = item
        switch self {
        case .asListed: break
        case .named(let name): item.path = name
        case .inFolder(let folder): item.path = item.path == "." ? folder : folder.appending(item.path)
        }
        return item
    }
}
