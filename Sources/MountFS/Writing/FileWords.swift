import JSON
import ObjectStore

// What the log of a staged file says of the file itself, for a process after this one.

/// What is to become of a file, as its log says.
enum WrittenFate: Sendable, Equatable {
    /// It is to be an object.
    case named(WrittenName)
    /// It was removed while it was open, and the object that it was goes when it is closed.
    case doomed
    /// It was removed, or replaced, and nothing is to be done in the bucket.
    case nameless
    /// Of this nobody knows: least of all is anything to be deleted for it.
    case unknown

    static let doomedWords: JSONValue = ["doomed": true]

    init(words: JSONValue?) {
        guard let words else {
            self = .nameless
            return
        }
        if words == Self.doomedWords {
            self = .doomed
        } else {
            self = WrittenName(words: words).map { .named($0) } ?? .unknown
        }
    }
}

/// Where a file is to go.
struct WrittenName: Sendable, Equatable {
    var key: ObjectKey
    /// What is in the bucket there, and may be replaced.
    var replacing: ObjectVersion?
    /// It is just changing places with what was there.
    var exchange: WrittenExchange?
    /// The store is just moving what is in the bucket there to another name.
    var moving: WrittenMove?
    /// Another file is just being renamed to this name.
    var givesWay: Bool

    init(
        _ key: ObjectKey, replacing: ObjectVersion?, _ exchange: WrittenExchange? = nil, moving: WrittenMove? = nil,
        givesWay: Bool = false
    ) {
        self.key = key
        self.replacing = replacing
        self.exchange = exchange
        self.moving = moving
        self.givesWay = givesWay
    }

    var words: JSONValue {
        var words: [JSONValue.Member] = [
            .init("key", key.words), .init("replacing", .optional(replacing?.text)),
        ]
        if let exchange { words.append(.init("exchange", exchange.words)) }
        if let moving { words.append(.init("moving", moving.words)) }
        if givesWay { words.append(.init("givesWay", true)) }
        return .object(words)
    }

    /// Whoever does not know one of the words knows nothing of the file.
    init?(words: JSONValue) {
        guard let key = words["key"].flatMap(ObjectKey.init(words:)) else { return nil }
        self.key = key
        replacing = ObjectVersion(ifThere: words["replacing"])
        givesWay = words["givesWay"] == true
        if let words = words["exchange"] {
            guard let exchange = WrittenExchange(words: words) else { return nil }
            self.exchange = exchange
        }
        if let words = words["moving"] {
            guard let moving = WrittenMove(words: words) else { return nil }
            self.moving = moving
        }
    }
}

/// What has to be known should everybody be killed while two names change places: this file stands for the end of it.
struct WrittenExchange: Sendable, Equatable {
    /// The name that the file had, and the object that was there.
    var from: ObjectKey
    var was: ObjectVersion?
    /// The object that the store has copied there from the other name. Without it nobody knows whether it has.
    var copied: ObjectVersion?

    /// What had the other name has this one's from now on.
    var isDone: Bool { was == nil || copied != nil }

    var words: JSONValue {
        ["from": from.words, "was": .optional(was?.text), "copied": .optional(copied?.text)]
    }

    init(from: ObjectKey, was: ObjectVersion?, copied: ObjectVersion? = nil) {
        self.from = from
        self.was = was
        self.copied = copied
    }

    init?(words: JSONValue) {
        guard let from = words["from"].flatMap(ObjectKey.init(words:)) else { return nil }
        self.init(
            from: from, was: ObjectVersion(ifThere: words["was"]), copied: ObjectVersion(ifThere: words["copied"]))
    }
}

extension ObjectVersion {
    init?(ifThere words: JSONValue?) {
        guard case .string(let text)? = words else { return nil }
        self.init(text)
    }
}

/// What goes with its bytes.
struct WrittenDescription: Sendable, Equatable {
    var attributes: WrittenAttributes
    /// What the object in the bucket has.
    var stored: ObjectMetadata

    init(_ attributes: WrittenAttributes, stored: ObjectMetadata) {
        self.attributes = attributes
        self.stored = stored
    }

    var words: JSONValue { ["attributes": attributes.words, "stored": stored.words] }

    init?(words: JSONValue) {
        guard let attributes = words["attributes"].flatMap(WrittenAttributes.init(words:)),
            let stored = words["stored"].flatMap(ObjectMetadata.init(words:))
        else { return nil }
        self.init(attributes, stored: stored)
    }
}

/// A handle that may write, for the session after a crash: programs go on with it.
struct WrittenHandle: Sendable, Equatable {
    var handle: HandleID
    var node: NodeID
    var opener: Int32
    var appends: Bool
    /// What it was given for.
    var request: UInt64
    /// Who wrote through it has died in the middle of it.
    var isTorn = false

    var words: JSONValue {
        [
            .string(String(handle.number)), .string(String(node.number)), .integer(Int(opener)), .boolean(appends),
            .string(String(request)), .boolean(isTorn),
        ]
    }

    init(_ handle: HandleID, _ node: NodeID, _ writer: WriterHandle, for request: UInt64) {
        self.handle = handle
        self.node = node
        self.request = request
        opener = writer.opener
        appends = writer.appends
    }

    init?(words: JSONValue) {
        guard case .array(let parts) = words, parts.count == 6, case .string(let handle) = parts[0],
            case .string(let node) = parts[1], case .integer(let opener) = parts[2],
            case .boolean(let appends) = parts[3], case .string(let request) = parts[4],
            case .boolean(let isTorn) = parts[5],
            let handle = UInt64(handle), let node = UInt64(node), let request = UInt64(request)
        else { return nil }
        self.handle = HandleID(handle)
        self.node = NodeID(node)
        self.opener = Int32(truncatingIfNeeded: opener)
        self.appends = appends
        self.request = request
        self.isTorn = isTorn
    }

    static func all(in words: JSONValue?) -> [WrittenHandle] {
        guard case .array(let handles)? = words else { return [] }
        return handles.compactMap(WrittenHandle.init(words:))
    }
}
