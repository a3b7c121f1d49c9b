import Checksums
import JSON
import ObjectStore

/// What has to be known should nobody hear of it that the store has moved in one step what a file has in the bucket: the session is
/// killed, say, before the answer comes. By the old name alone it would look as if somebody else had removed it.
struct WrittenMove: Sendable, Equatable {
    /// By what it is known that it was moved.
    enum Mark: Sendable, Equatable {
        /// By its bytes, which are at the new name then. Before, this version was there.
        case object(size: Int, Checksum?, over: ObjectVersion?)
        /// By the folder that it is in: nothing is there any more then, and something where nothing was.
        case folder(from: ObjectKey, to: ObjectKey)
    }

    var to: ObjectKey
    var mark: Mark

    init(to key: ObjectKey, _ mark: Mark) {
        to = key
        self.mark = mark
    }

    init(_ object: ObjectInfo, to key: ObjectKey, over version: ObjectVersion?) {
        self.init(to: key, .object(size: object.size, object.checksums.first, over: version))
    }

    var words: JSONValue {
        let mark: JSONValue =
            switch self.mark {
            case .object(let size, let checksum, let over):
                [
                    "size": .integer(size), "algorithm": .optional(checksum?.algorithm.rawValue),
                    "checksum": .optional(checksum?.hex), "over": .optional(over?.text),
                ]
            case .folder(let from, let to): ["from": from.words, "to": to.words]
            }
        return ["to": to.words, "mark": mark]
    }

    init?(words: JSONValue) {
        guard let key = words["to"].flatMap(ObjectKey.init(words:)), let mark = words["mark"] else { return nil }
        if let from = mark["from"].flatMap(ObjectKey.init(words:)), let to = mark["to"].flatMap(ObjectKey.init(words:))
        {
            self.init(to: key, .folder(from: from, to: to))
        } else if case .integer(let size)? = mark["size"] {
            var checksum: Checksum?
            if case .string(let name)? = mark["algorithm"], case .string(let hex)? = mark["checksum"] {
                checksum = Checksum.Algorithm(rawValue: name).flatMap { Checksum($0, hex: hex) }
            }
            self.init(to: key, .object(size: size, checksum, over: ObjectVersion(ifThere: mark["over"])))
        } else {
            return nil
        }
    }
}
