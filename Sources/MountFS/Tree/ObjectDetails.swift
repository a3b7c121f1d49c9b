import ObjectStore
import Platform

/// What an object's metadata say of the file: attributes under the names that s3fs and rclone use, and everything else,
/// which is shown as extended attributes.
final class ObjectDetails: Sendable {
    let kind: NodeKind?
    /// Permission bits.
    let mode: UInt32?
    let owner: UInt32?
    let group: UInt32?
    /// In nanoseconds since 1970.
    let modified: Int?
    let accessed: Int?
    /// Where a link leads, if the store itself knows.
    let target: [UInt8]?
    let contentType: String?
    let storageClass: String?
    /// In the order of their names.
    let others: [(name: String, value: String)]

    static let ownNames: Set = ["mode", "uid", "gid", "mtime", "atime"]

    init(_ object: ObjectInfo) {
        let user = object.metadata.user
        let mode = user["mode"].flatMap(StoredMode.init)
        if case .symlink(let target) = object.kind {
            kind = .link
            self.target = target.bytes
        } else {
            kind = mode?.kind
            target = nil
        }
        self.mode = mode?.permissions
        owner = user["uid"].flatMap { UInt32($0) }
        group = user["gid"].flatMap { UInt32($0) }
        modified = user["mtime"].flatMap(StoredTime.nanoseconds)
        accessed = user["atime"].flatMap(StoredTime.nanoseconds)
        contentType = object.metadata.contentType
        storageClass = object.storageClass
        others = user.filter { !Self.ownNames.contains($0.key) }.sorted { $0.key < $1.key }
            .map { (name: $0.key, value: $0.value) }
    }

    /// As a program has set them.
    init(_ attributes: WrittenAttributes, target: [UInt8]? = nil) {
        kind = target == nil ? nil : .link
        self.target = target
        mode = attributes.mode
        owner = attributes.owner
        group = attributes.group
        modified = attributes.modified
        accessed = attributes.accessed
        contentType = attributes.contentType
        storageClass = nil
        others = attributes.others.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    }

    /// Of those which a listing does not tell. A time alone is not worth asking every object.
    var hasAttributes: Bool { mode != nil || owner != nil || group != nil || kind == .link }

    /// The kind of the node that the object is. What its key says comes first: only a folder's ends in a slash.
    static func kind(_ object: ObjectInfo, _ details: ObjectDetails?) -> NodeKind {
        if case .symlink = object.kind { return .link }
        return details?.kind == .link ? .link : .file
    }
}

/// A mode as s3fs writes it, decimal with the type's bits (`33188`), or as rclone does, octal (`100644`, `0755`).
struct StoredMode {
    let permissions: UInt32
    let kind: NodeKind?

    init?(_ text: String) {
        if let decimal = UInt32(text), text.first != "0", let kind = Self.kind(decimal) {
            self.kind = kind
            permissions = decimal & 0o7777
        } else if let octal = UInt32(text, radix: 8), octal <= 0o7777 || Self.kind(octal) != nil {
            kind = octal <= 0o7777 ? nil : Self.kind(octal)
            permissions = octal & 0o7777
        } else {
            return nil
        }
    }

    private static func kind(_ mode: UInt32) -> NodeKind? {
        guard mode <= 0o177777 else { return nil }
        return switch mode & 0o170000 {
        case 0o100000: .file
        case 0o040000: .folder
        case 0o120000: .link
        default: nil
        }
    }
}

/// A time as s3fs and rclone write it: seconds since 1970 with a fraction, or RFC 3339.
enum StoredTime {
    static func nanoseconds(_ text: String) -> Int? {
        if text.utf8.contains(UInt8(ascii: "T")) {
            return text.utf8.withContiguousStorageIfAvailable { FileTime(rfc3339: UnsafeRawBufferPointer($0)) }??
                .inNanoseconds
        }
        let isNegative = text.hasPrefix("-")
        let parts = text.dropFirst(isNegative ? 1 : 0).split(separator: ".", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2, let seconds = Int(first), (0...9_000_000_000).contains(seconds)
        else { return nil }
        var fraction = 0
        if parts.count == 2 {
            let digits = parts[1].prefix(9)
            guard !digits.isEmpty, parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(digits)
            else { return nil }
            fraction = number
            for _ in digits.count..<9 { fraction *= 10 }
        }
        let time = seconds * 1_000_000_000 + fraction
        return isNegative ? -time : time
    }
}
