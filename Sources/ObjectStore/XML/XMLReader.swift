import CExpat

/// Gets a document's elements as they come. Answers of stores are simple: what matters is the text of elements that have
/// no others in them, and hardly ever an attribute.
protocol XMLHandler: AnyObject {
    /// The outermost element has depth 1.
    func begin(_ name: XMLName, depth: Int)
    /// Of the element that has begun.
    func attribute(_ name: XMLName, _ value: XMLName)
    /// With the text that came behind the last begin or end. Neither name nor text outlives the call.
    func end(_ name: XMLName, depth: Int, text: UnsafeRawBufferPointer)
}

extension XMLHandler {
    func attribute(_ name: XMLName, _ value: XMLName) {}
}

/// Reads documents that a server sent, which need not be a friend's: declarations of entities are refused, so that
/// nothing can grow or be fetched, and depth and size are bounded.
enum XMLReader {
    static let deepest = 32
    /// A page of a thousand keys of the greatest length, each byte percent-encoded, has four megabytes.
    static let longest = 64 << 20

    static func read(_ document: [UInt8], _ handler: any XMLHandler) throws(XMLProblem) {
        guard document.count <= longest else { throw XMLProblem(message: "a document of \(document.count) bytes") }
        // Whatever the document itself says about its encoding.
        guard let parser = XML_ParserCreate("UTF-8") else { throw XMLProblem(message: "out of memory") }
        defer { XML_ParserFree(parser) }
        let reading = XMLReading(parser, handler)
        XML_SetUserData(parser, Unmanaged.passUnretained(reading).toOpaque())
        XML_SetElementHandler(
            parser, { reading, name, attributes in XMLReading.of(reading).begin(name, attributes) },
            { reading, name in XMLReading.of(reading).end(name) })
        XML_SetCharacterDataHandler(parser) { reading, text, count in
            XMLReading.of(reading).text += UnsafeRawBufferPointer(start: text, count: Int(count))
        }
        XML_SetStartDoctypeDeclHandler(parser) { reading, _, _, _, _ in
            XMLReading.of(reading).stop("a document type, which no answer has")
        }
        // Who works long on an answer may keep the connection alive with spaces; the declaration does not bear them before it.
        let start = document.firstIndex { !Self.isSpace($0) } ?? 0
        let status = document.withUnsafeBytes { document in
            let document = UnsafeRawBufferPointer(rebasing: document[start...])
            return withExtendedLifetime(reading) {
                XML_Parse(
                    parser, document.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(document.count), 1)
            }
        }
        guard status == XML_STATUS_OK else {
            let message = reading.problem ?? String(cString: XML_ErrorString(XML_GetErrorCode(parser)))
            throw XMLProblem(message: "\(message) in line \(XML_GetCurrentLineNumber(parser))")
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
}

/// Why a document cannot be understood.
struct XMLProblem: Error, Equatable {
    var message: String
}

/// The name of an element, or an attribute's name or value, as it stands in the parser's memory; compared with literals without making a string of it.
struct XMLName {
    fileprivate let start: UnsafePointer<CChar>

    static func ~= (literal: StaticString, name: XMLName) -> Bool {
        // Ends at the first difference, at the latest at the zero that ends the name.
        for index in 0..<literal.utf8CodeUnitCount
        where UInt8(bitPattern: name.start[index]) != literal.utf8Start[index] { return false }
        return name.start[literal.utf8CodeUnitCount] == 0
    }

    var text: String { String(cString: start) }
}

/// What expat's callbacks share. Expat has one for the length of `XML_Parse`.
private final class XMLReading {
    let parser: XML_Parser
    let handler: any XMLHandler
    var text: [UInt8] = []
    var depth = 0
    var problem: String?

    init(_ parser: XML_Parser, _ handler: any XMLHandler) {
        self.parser = parser
        self.handler = handler
    }

    static func of(_ pointer: UnsafeMutableRawPointer?) -> XMLReading {
        Unmanaged<XMLReading>.fromOpaque(pointer!).takeUnretainedValue()
    }

    /// Attributes are names and values in turn, and nothing behind the last.
    func begin(
        _ name: UnsafePointer<CChar>?, _ attributes: UnsafeMutablePointer<UnsafePointer<CChar>?>?
    ) {
        guard let name else { return }
        depth += 1
        guard depth <= XMLReader.deepest else { return stop("more than \(XMLReader.deepest) elements in one another") }
        text.removeAll(keepingCapacity: true)
        handler.begin(XMLName(start: name), depth: depth)
        guard var next = attributes else { return }
        while let name = next[0], let value = next[1] {
            handler.attribute(XMLName(start: name), XMLName(start: value))
            next += 2
        }
    }

    func end(_ name: UnsafePointer<CChar>?) {
        guard let name, problem == nil else { return }
        text.withUnsafeBytes { handler.end(XMLName(start: name), depth: depth, text: $0) }
        text.removeAll(keepingCapacity: true)
        depth -= 1
    }

    func stop(_ problem: String) {
        self.problem = problem
        XML_StopParser(parser, XML_Bool(XML_FALSE))
    }
}
