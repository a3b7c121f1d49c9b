import Glibc
import ObjectStore
import Platform

/// What is open, by the numbers that the kernel was given.
///
/// The number of a file's handle says of which version it is, so that after a crash a session that knows nothing of the
/// handle goes on with that version or not at all.
struct OpenHandles {
    private var files: [UInt64: OpenedFile] = [:]
    private var folders: [UInt64: FolderReading] = [:]
    /// Given by a session that has crashed, and just being looked for.
    private var awaited: Set<UInt64> = []
    /// Given by a session that has crashed, by what they were given for. Of some of them the kernel has not heard: it asks again.
    private var recovered: [UInt64: HandleID] = [:]
    /// Sessions begin anywhere, so that numbers of a dead one are not given again.
    private var counter = UInt64.random(in: 0...countMask)

    private static let countBits: UInt64 = 24
    private static let countMask: UInt64 = 1 << countBits - 1
    private static let markBits: UInt64 = 64 - HandleID.freeBits - countBits

    func file(_ handle: HandleID) -> OpenedFile? { files[handle.number] }

    /// One that is not known was given by a session that has crashed: it is looked for now, unless it is closed before.
    mutating func fileOrAwait(_ handle: HandleID) -> OpenedFile? {
        let file = files[handle.number]
        if file == nil { awaited.insert(handle.number) }
        return file
    }

    func isAwaited(_ handle: HandleID) -> Bool { awaited.contains(handle.number) }

    func folder(_ handle: HandleID) -> FolderReading? { folders[handle.number] }

    mutating func add(_ object: OpenObject, of node: NodeID) -> HandleID {
        let mark = Self.mark(of: object.file)
        let number = next { mark << Self.countBits | $0 }
        files[number] = OpenedFile(node, object)
        return HandleID(number)
    }

    mutating func add(_ file: OpenedFile) -> HandleID {
        let handle = number(for: file.node)
        files[handle.number] = file
        return handle
    }

    /// For somebody who is about to open a file.
    mutating func number(for node: NodeID) -> HandleID { HandleID(next { Self.mark(of: node) << Self.countBits | $0 }) }

    /// All that have a node open.
    func files(of node: NodeID) -> [OpenedFile] { files.values.filter { $0.node == node } }

    mutating func add(_ file: OpenedFile, under handle: HandleID) -> OpenedFile {
        awaited.remove(handle.number)
        files[handle.number] = file
        return file
    }

    /// A handle of a session that has crashed.
    mutating func recover(_ file: OpenedFile, under handle: HandleID, for request: UInt64) {
        files[handle.number] = file
        if request != 0 { recovered[request] = handle }
    }

    /// The handle that was given for the same request before. Nobody has written through it, who has not heard of it.
    mutating func takeRecovered(for request: UInt64, of node: NodeID, _ writer: WriterHandle) -> HandleID? {
        guard let handle = recovered[request], let open = files[handle.number], open.node == node,
            let file = open.written
        else { return nil }
        recovered[request] = nil
        files[handle.number] = OpenedFile(node, file, writer)
        return handle
    }

    mutating func add(_ folder: FolderReading) -> HandleID {
        // Also so that a number of a dead session does not come to mean another folder.
        let number = next { Self.mark(of: folder.folder) << Self.countBits | $0 }
        folders[number] = folder
        return HandleID(number)
    }

    mutating func add(_ folder: FolderReading, under handle: HandleID) -> FolderReading {
        folders[handle.number] = folder
        return folder
    }

    mutating func removeFile(_ handle: HandleID) -> OpenedFile? {
        awaited.remove(handle.number)
        return files.removeValue(forKey: handle.number)
    }

    mutating func removeFolder(_ handle: HandleID) { folders[handle.number] = nil }

    static func isHandle(_ handle: HandleID, of file: FileVersion) -> Bool {
        handle.number >> countBits == mark(of: file)
    }

    /// Whoever read what was being written sees what has become of it.
    static func isHandle(_ handle: HandleID, of node: NodeID) -> Bool {
        handle.number >> countBits == mark(of: node)
    }

    private mutating func next(_ number: (UInt64) -> UInt64) -> UInt64 {
        while true {
            counter = (counter + 1) & Self.countMask
            let number = number(counter)
            if files[number] == nil, folders[number] == nil { return number }
        }
    }

    private static func mark(of node: NodeID) -> UInt64 { node.number & (1 << markBits - 1) }

    /// The same in every process.
    static func mark(of file: FileVersion) -> UInt64 {
        let text = file.key.bytes + "\0\(file.version?.text ?? "") \(file.size)".utf8
        return StableHash.of(text) >> (64 - markBits)
    }
}
