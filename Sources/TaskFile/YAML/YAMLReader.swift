import CYAML

/// Reads a stream of YAML documents into nodes, through libyaml's events: its higher levels drop the line and column
/// of a node, and type scalars as YAML 1.1 did.
struct YAMLReader: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let text: UnsafeBufferPointer<UInt8>
    private var anchors: [String: YAMLNode] = [:]
    /// Anchors of collections that are still being read: an alias to one of them contains itself.
    private var open: Set<String> = []
    private var nodes = 0
    private var aliasedNodes = 0

    /// The documents of `bytes`, up to the first problem that makes the rest unreadable. Documents without content
    /// are left out.
    static func documents(of bytes: [UInt8]) -> (documents: [YAMLNode], problem: YAMLProblem?) {
        var documents: [YAMLNode] = []
        do throws(YAMLProblem) {
            let text = try YAMLText.checked(bytes)
            try text.withUnsafeBufferPointer { buffer throws(YAMLProblem) in
                var reader = YAMLReader(buffer)
                while let document = try reader.nextDocument() {
                    if document.isNull { continue }
                    guard documents.count < YAMLLimits.documents else {
                        throw YAMLProblem(
                            message: "more than \(YAMLLimits.documents) documents in one file",
                            position: document.position)
                    }
                    documents.append(document)
                }
            }
            return (documents, nil)
        } catch {
            return (documents, error)
        }
    }

    private init(_ text: UnsafeBufferPointer<UInt8>) {
        self.text = text
        parser = .allocate(capacity: 1)
        // Fails only without memory, which ends a Swift program anyway.
        precondition(yaml_parser_initialize(parser) == 1, "no memory for the YAML parser")
        yaml_parser_set_input_string(parser, text.baseAddress, text.count)
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    private mutating func nextDocument() throws(YAMLProblem) -> YAMLNode? {
        while true {
            let event = try nextEvent()
            switch event.type {
            case YAML_STREAM_END_EVENT: return nil
            case YAML_STREAM_START_EVENT, YAML_DOCUMENT_END_EVENT: continue
            case YAML_DOCUMENT_START_EVENT:
                anchors = [:]
                open = []
                return try node(from: try nextEvent(), depth: 1)
            default: continue
            }
        }
    }

    private mutating func node(from event: borrowing Event, depth: Int) throws(YAMLProblem) -> YAMLNode {
        let position = event.position
        if event.type == YAML_ALIAS_EVENT { return try aliased(event.anchor ?? "", at: position) }
        nodes += 1
        guard nodes <= YAMLLimits.nodes else {
            throw YAMLProblem(message: "more than \(YAMLLimits.nodes) nodes in one file", position: position)
        }
        guard depth <= YAMLLimits.depth else {
            throw YAMLProblem(message: "nested deeper than \(YAMLLimits.depth) levels", position: position)
        }
        let anchor = event.anchor
        if let anchor { open.insert(anchor) }
        let content: YAMLNode.Content
        switch event.type {
        case YAML_SEQUENCE_START_EVENT: content = .sequence(try items(depth: depth))
        case YAML_MAPPING_START_EVENT: content = .mapping(try pairs(depth: depth))
        default: content = .scalar(event.scalar)
        }
        let node = YAMLNode(content, at: position, foreignTag: event.foreignTag)
        if let anchor {
            open.remove(anchor)
            anchors[anchor] = node
        }
        return node
    }

    private mutating func items(depth: Int) throws(YAMLProblem) -> [YAMLNode] {
        var items: [YAMLNode] = []
        while true {
            let event = try nextEvent()
            if event.type == YAML_SEQUENCE_END_EVENT { return items }
            items.append(try node(from: event, depth: depth + 1))
        }
    }

    private mutating func pairs(depth: Int) throws(YAMLProblem) -> [YAMLNode.Pair] {
        var pairs: [YAMLNode.Pair] = []
        while true {
            let event = try nextEvent()
            if event.type == YAML_MAPPING_END_EVENT { return pairs }
            let key = try node(from: event, depth: depth + 1)
            guard key.scalar != nil else {
                throw YAMLProblem(
                    message: "\(key.kindName) cannot be a key",
                    hint: "a template such as {{name}} has to be rendered first; a value with braces needs quotes",
                    position: key.position)
            }
            let value = try node(from: try nextEvent(), depth: depth + 1)
            // Nothing after the colon: libyaml's mark is then somewhere behind it, people look at the key.
            let isAbsent = value.foreignTag == nil && value.scalar.map { $0.isPlain && $0.text.isEmpty } ?? false
            pairs.append(.init(key: key, value: isAbsent ? YAMLNode(value.content, at: key.position) : value))
        }
    }

    private mutating func aliased(_ name: String, at position: Position) throws(YAMLProblem) -> YAMLNode {
        if open.contains(name) {
            throw YAMLProblem(code: .aliasLimit, message: "alias *\(name) contains itself", position: position)
        }
        guard let node = anchors[name] else {
            throw YAMLProblem(
                // Not named here: what begins with * may be a password that lacks its quotes.
                message: "an alias without its anchor before it", hint: "a value that begins with * needs quotes",
                position: position)
        }
        aliasedNodes += node.weight
        guard aliasedNodes <= YAMLLimits.aliasedNodes else {
            throw YAMLProblem(
                code: .aliasLimit,
                message: "aliases repeat more than \(YAMLLimits.aliasedNodes) nodes", position: position)
        }
        return node
    }

    private mutating func nextEvent() throws(YAMLProblem) -> Event {
        let event = UnsafeMutablePointer<yaml_event_t>.allocate(capacity: 1)
        guard yaml_parser_parse(parser, event) == 1 else {
            event.deallocate()
            throw problem
        }
        return Event(event)
    }

    /// libyaml's complaint in our words.
    private var problem: YAMLProblem {
        func text(_ pointer: UnsafePointer<CChar>?) -> String? { pointer.flatMap { String(validatingCString: $0) } }
        let complaint = text(parser.pointee.problem) ?? "not YAML"
        let context = text(parser.pointee.context).map { " \($0)" } ?? ""
        let mark = parser.pointee.problem_mark
        var hint: String?
        if complaint.contains("found character that cannot start any token") {
            hint = "indent with spaces, not tabs; text that begins with @ ` or % needs quotes"
        } else if complaint.contains("mapping values are not allowed") {
            hint = "text with a colon and a space in it needs quotes; check the indentation"
        } else if complaint.contains("did not find expected") || complaint.contains("could not find expected ':'") {
            hint = "check the indentation, and that quotes and brackets are closed"
        }
        // At the end of the text libyaml counts a line more than there is.
        let position = min(Position(mark), YAMLText.end(of: self.text[...]))
        return YAMLProblem(message: complaint + context, hint: hint, position: position)
    }

    /// One event, released when it goes out of scope.
    private struct Event: ~Copyable {
        private let event: UnsafeMutablePointer<yaml_event_t>

        init(_ event: UnsafeMutablePointer<yaml_event_t>) {
            self.event = event
        }

        deinit {
            yaml_event_delete(event)
            event.deallocate()
        }

        var type: yaml_event_type_t { event.pointee.type }
        var position: Position { Position(event.pointee.start_mark) }

        var anchor: String? {
            let data = event.pointee.data
            return switch type {
            case YAML_ALIAS_EVENT: string(data.alias.anchor)
            case YAML_SCALAR_EVENT: string(data.scalar.anchor)
            case YAML_SEQUENCE_START_EVENT: string(data.sequence_start.anchor)
            case YAML_MAPPING_START_EVENT: string(data.mapping_start.anchor)
            default: nil
            }
        }

        var scalar: YAMLScalar {
            let data = event.pointee.data.scalar
            let bytes = UnsafeBufferPointer(start: data.value, count: data.length)
            return YAMLScalar(
                String(decoding: bytes, as: UTF8.self), isPlain: data.style == YAML_PLAIN_SCALAR_STYLE,
                tag: tag == "!" ? .string : tag.flatMap(CoreTag.init))
        }

        var foreignTag: String? {
            switch tag {
            case nil, "!", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map": nil
            case let tag?: CoreTag(rawValue: tag) == nil ? tag : nil
            }
        }

        private var tag: String? {
            let data = event.pointee.data
            return switch type {
            case YAML_SCALAR_EVENT: string(data.scalar.tag)
            case YAML_SEQUENCE_START_EVENT: string(data.sequence_start.tag)
            case YAML_MAPPING_START_EVENT: string(data.mapping_start.tag)
            default: nil
            }
        }

        private func string(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
            pointer.map { String(cString: $0) }
        }
    }
}

extension Position {
    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: mark.line + 1, column: mark.column + 1)
    }
}
