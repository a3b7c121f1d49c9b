/// The blocks that an object is made of, and those that wait to become one.
final class AzureBlockList: XMLHandler {
    private(set) var committed: [String] = []
    private(set) var uncommitted: [String] = []
    private var isList = false
    private var isWaiting = false

    init(_ document: [UInt8]) throws(XMLProblem) {
        try XMLReader.read(document, self)
        guard isList else { throw XMLProblem(message: "this is no list of blocks") }
    }

    func begin(_ name: XMLName, depth: Int) {
        switch (depth, name) {
        case (1, "BlockList"): isList = true
        case (2, "UncommittedBlocks"): isWaiting = true
        case (2, "CommittedBlocks"): isWaiting = false
        default: break
        }
    }

    func end(_ name: XMLName, depth: Int, text: UnsafeRawBufferPointer) {
        guard depth == 4, case "Name" = name else { return }
        let name = String(decoding: text, as: UTF8.self)
        if isWaiting { uncommitted.append(name) } else { committed.append(name) }
    }

    /// The document that makes an object of these, in this order.
    static func document(_ blocks: [String]) -> [UInt8] {
        let inner = blocks.map { "<Uncommitted>\($0)</Uncommitted>" }.joined()
        return Array("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>\(inner)</BlockList>".utf8)
    }
}
