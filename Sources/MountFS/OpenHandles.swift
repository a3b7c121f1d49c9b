import Glibc
import ObjectStore

/// What is open, by the numbers that the kernel was given.
///
/// The number of a file's handle says of which version it is, so that after a crash a session that knows nothing of the
/// handle goes on with that version or not at all.
struct OpenHandles {
    private var files: [UInt64: OpenedFile] = [:]
    private var folders: [UInt64: FolderReading] = [:]
    /// Sessions begin anywhere, so that numbers of a dead one are not given again.
    private var counter = UInt64.random(in: 0...countMask)

    private static let countBits: UInt64 = 24
    private static let countMask: UInt64 = 1 << countBits - 1

    func file(_ handle: HandleID) -> OpenedFile? { files[handle.number] }

    func folder(_ handle: HandleID) -> FolderReading? { folders[handle.number] }

    mutating func add(_ object: OpenObject, of node: NodeID) -> HandleID {
        let mark = Self.mark(of: object.file)
        let number = next { mark << Self.countBits | $0 }
        files[number] = OpenedFile(node, object)
        return HandleID(number)
    }

    mutating func add(_ file: OpenedFile) -> HandleID {
        let number = next { file.node.number << Self.countBits | $0 }
        files[number] = file
        return HandleID(number)
    }

    /// All that have a node open.
    func files(of node: NodeID) -> [OpenedFile] { files.values.filter { $0.node == node } }

    mutating func add(_ file: OpenedFile, under handle: HandleID) -> OpenedFile {
        files[handle.number] = file
        return file
    }

    mutating func add(_ folder: FolderReading) -> HandleID {
        // Also so that a number of a dead session does not come to mean another folder.
        let number = next { folder.folder.number << Self.countBits | $0 }
        folders[number] = folder
        return HandleID(number)
    }

    mutating func add(_ folder: FolderReading, under handle: HandleID) -> FolderReading {
        folders[handle.number] = folder
        return folder
    }

    mutating func removeFile(_ handle: HandleID) -> OpenedFile? { files.removeValue(forKey: handle.number) }

    mutating func removeFolder(_ handle: HandleID) { folders[handle.number] = nil }

    static func isHandle(_ handle: HandleID, of file: FileVersion) -> Bool {
        handle.number >> countBits == mark(of: file)
    }

    /// Whoever read what was being written sees what has become of it.
    static func isHandle(_ handle: HandleID, of node: NodeID) -> Bool {
        handle.number >> countBits == node.number & (.max >> countBits)
    }

    private mutating func next(_ number: (UInt64) -> UInt64) -> UInt64 {
        while true {
            counter = (counter + 1) & Self.countMask
            let number = number(counter)
            if files[number] == nil, folders[number] == nil { return number }
        }
    }

    /// The same in every process.
    private static func mark(of file: FileVersion) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        for byte in file.key.bytes { add(byte) }
        add(0)
        for byte in (file.version?.text ?? "").utf8 { add(byte) }
        withUnsafeBytes(of: file.size) { for byte in $0 { add(byte) } }
        return hash >> countBits
    }
}
