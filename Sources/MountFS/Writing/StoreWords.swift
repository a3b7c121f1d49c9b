import Checksums
import JSON
import ObjectStore
import Platform

// What the log of a staged file says about the store, for a process after this one.

/// An object that is there.
struct StoredObject: Sendable, Equatable {
    var key: ObjectKey
    var version: ObjectVersion
    var size: Int

    init(_ key: ObjectKey, _ version: ObjectVersion, size: Int) {
        self.key = key
        self.version = version
        self.size = size
    }

    var words: JSONValue {
        ["key": key.words, "version": .string(version.text), "size": .integer(size)]
    }

    init?(words: JSONValue) {
        guard let key = words["key"].flatMap(ObjectKey.init(words:)), case .string(let version)? = words["version"],
            case .integer(let size)? = words["size"], size >= 0
        else { return nil }
        self.init(key, ObjectVersion(version), size: size)
    }
}

extension ObjectKey {
    /// Text where it is some.
    var words: JSONValue { exactText.map(JSONValue.string) ?? ["hex": .string(Hex.text(of: bytes))] }

    init?(words: JSONValue) {
        if case .string(let text) = words {
            self.init(text)
        } else if case .string(let hex)? = words["hex"], let bytes = Hex.bytes(of: hex) {
            self.init(bytes)
        } else {
            return nil
        }
    }
}

extension Upload {
    var words: JSONValue {
        [
            "key": key.words, "id": .string(id), "metadata": options.metadata.words,
            "checksum": .optional(options.checksum?.rawValue),
        ]
    }

    init?(words: JSONValue) {
        guard let key = words["key"].flatMap(ObjectKey.init(words:)), case .string(let id)? = words["id"],
            let metadata = words["metadata"].flatMap(ObjectMetadata.init(words:))
        else { return nil }
        var options = UploadOptions(metadata: metadata)
        if case .string(let name)? = words["checksum"] { options.checksum = Checksum.Algorithm(rawValue: name) }
        self.init(key: key, id: id, options: options)
    }
}

extension UploadedPart {
    var words: JSONValue {
        [
            "size": .integer(size), "tag": .string(tag), "algorithm": .optional(checksum?.algorithm.rawValue),
            "checksum": .optional(checksum?.hex),
        ]
    }

    init?(_ number: Int, words: JSONValue) {
        guard case .integer(let size)? = words["size"], case .string(let tag)? = words["tag"] else { return nil }
        self.init(number: number, size: size, tag: tag)
        if case .string(let name)? = words["algorithm"], case .string(let hex)? = words["checksum"] {
            guard let algorithm = Checksum.Algorithm(rawValue: name), let checksum = Checksum(algorithm, hex: hex)
            else { return nil }
            self.checksum = checksum
        }
    }
}

extension ObjectMetadata {
    var words: JSONValue {
        let members = user.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string($0.value)) }
        return ["type": .optional(contentType), "user": .object(members)]
    }

    init?(words: JSONValue) {
        guard case .object(let members)? = words["user"] else { return nil }
        self.init()
        if case .string(let type)? = words["type"] { contentType = type }
        for member in members {
            guard case .string(let value) = member.value else { return nil }
            user[member.name] = value
        }
    }
}
