import JSON
import ObjectStore
import Platform

/// What a program has set of a file beside its bytes; everything else is as the store or the mount has it.
///
/// It goes with the object as user metadata, under the names that s3fs and rclone use, so that each sees what the others
/// have set.
struct WrittenAttributes: Sendable, Equatable {
    /// Permission bits.
    var mode: UInt32?
    var owner: UInt32?
    var group: UInt32?
    /// In nanoseconds since 1970. Nothing: the time at which the object is stored.
    var modified: Int?
    var accessed: Int?
    var contentType: String?
    /// Extended attributes of users, without `user.`, as far as they are text.
    var others: [String: String] = [:]

    init() {}

    /// What an object has, so that what is not changed stays.
    init(_ details: ObjectDetails) {
        mode = details.mode
        owner = details.owner
        group = details.group
        modified = details.modified
        accessed = details.accessed
        contentType = details.contentType
        for other in details.others { others[other.name] = other.value }
    }

    /// With the bits of the type, by which s3fs knows what it is.
    func metadata(of kind: NodeKind) -> ObjectMetadata {
        var metadata = ObjectMetadata(contentType: contentType, user: others)
        metadata.user["mode"] = mode.map { String($0 & 0o7777 | kind.modeBits) }
        metadata.user["uid"] = owner.map(String.init)
        metadata.user["gid"] = group.map(String.init)
        metadata.user["mtime"] = modified.map(StoredTime.text)
        metadata.user["atime"] = accessed.map(StoredTime.text)
        return metadata
    }

    /// For the log of a staged file.
    var words: JSONValue {
        [
            "mode": .optional(mode.map(Int.init)), "uid": .optional(owner.map(Int.init)),
            "gid": .optional(group.map(Int.init)), "mtime": .optional(modified), "atime": .optional(accessed),
            "type": .optional(contentType),
            "others": .object(others.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string($0.value)) }),
        ]
    }

    init?(words: JSONValue) {
        guard case .object(let others)? = words["others"] else { return nil }
        func number(_ name: String) -> Int? {
            guard case .integer(let number)? = words[name] else { return nil }
            return number
        }
        mode = number("mode").flatMap { UInt32(exactly: $0) }
        owner = number("uid").flatMap { UInt32(exactly: $0) }
        group = number("gid").flatMap { UInt32(exactly: $0) }
        modified = number("mtime")
        accessed = number("atime")
        if case .string(let type)? = words["type"] { contentType = type }
        for other in others {
            guard case .string(let value) = other.value else { return nil }
            self.others[other.name] = value
        }
    }
}

extension FileAttributes {
    /// What is not said is as everything has it.
    init(_ attributes: WrittenAttributes) {
        self.init()
        mode = attributes.mode
        owner = attributes.owner
        group = attributes.group
        modified = attributes.modified.map(FileTime.init(nanoseconds:))
        accessed = attributes.accessed.map(FileTime.init(nanoseconds:))
    }
}

extension NodeKind {
    fileprivate var modeBits: UInt32 {
        switch self {
        case .file: 0o100000
        case .folder: 0o040000
        case .link: 0o120000
        }
    }
}

extension StoredTime {
    /// As rclone and s3fs write it: seconds, and a fraction if there is one.
    static func text(nanoseconds: Int) -> String {
        let (seconds, rest) = nanoseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
        let sign = nanoseconds < 0 ? "-" : ""
        guard rest > 0 else { return "\(sign)\(seconds)" }
        let digits = String(rest)
        return "\(sign)\(seconds)." + String(repeating: "0", count: 9 - digits.count) + digits
    }
}
