import Platform
import TaskFile

/// Where what programs write to a mount waits until it is in the bucket. Every mount has a folder of its own there, which
/// it finds again in the next run: it is named by the destination.
public struct PlannedStaging: Sendable, Equatable {
    public var folder: String
    /// So many bytes at most; nothing where it is a part of what is free.
    public var size: Int?

    public init(folder: String, size: Int?) {
        self.folder = folder
        self.size = size
    }

    /// Nothing for a mount that is only read.
    init?(_ planned: PlannedMount, task: String, on machine: Machine) {
        guard planned.mount.mode.isMount, !planned.mount.mount.isReadOnly else { return nil }
        let name = FolderName.of(task)
        let options = planned.mount.mount
        let above =
            options.stagingFolder.map { machine.path(ofSource: $0) + "/" + name } ?? machine.state + "/" + name
            + "/staging"
        folder = Paths.normalized(above) + "/" + Self.name(of: planned.path)
        size = options.stagingSize
    }

    /// For people, and told apart by what follows.
    private static func name(of path: String) -> String {
        let number = String(StableHash.of(path.utf8), radix: 16)
        return FolderName.of(String(Paths.lastComponent(of: path).prefix(24))) + "-"
            + String(repeating: "0", count: 16 - number.count) + number
    }

    /// The part of what is free that may be taken when nothing else is stated.
    static func usualSize(free: Int) -> Int { free / 10 * 9 }
    /// Less is no room to work in.
    static let leastSize = 16 << 20

    /// Whether it would be written through the mount itself.
    func isInside(_ mount: PlannedMount) -> Bool { RawPath(folder).isBelow(RawPath(mount.path)) }
}

/// Names as names of folders.
public enum FolderName {
    public static func of(_ text: String) -> String {
        let letters = text.unicodeScalars.map { scalar -> Character in
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            return isPlain || "._-".unicodeScalars.contains(scalar) ? Character(scalar) : "_"
        }
        let name = String(letters.prefix(64))
        return name.allSatisfy { $0 == "." } ? "_" + name : name
    }
}
