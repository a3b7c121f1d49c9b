/// The texts of a small document's innermost elements, by name: enough for an error, or for the result of one operation.
/// Of several elements of one name the first counts.
final class XMLLeaves: XMLHandler {
    private(set) var root = ""
    private(set) var texts: [String: String] = [:]
    /// Of the element that is open now.
    private var isLeaf = false

    static func read(_ document: [UInt8]) throws(XMLProblem) -> XMLLeaves {
        let leaves = XMLLeaves()
        try XMLReader.read(document, leaves)
        return leaves
    }

    subscript(name: String) -> String? { texts[name] }

    func begin(_ name: XMLName, depth: Int) {
        if depth == 1 { root = name.text }
        isLeaf = true
    }

    func end(_ name: XMLName, depth: Int, text: UnsafeRawBufferPointer) {
        defer { isLeaf = false }
        let name = name.text
        guard isLeaf, texts.count < 64, texts[name] == nil else { return }
        texts[name] = String(decoding: text, as: UTF8.self)
    }
}
