import Glibc
import ObjectStore
import Platform
import TestSupport

@testable import MountFS

/// Operations on files, most of them open.
extension WritingRun {
    mutating func openFile() async throws {
        let path = anyPath()
        let program = programs.randomElement(using: &random)!
        var flags: Int32 = [O_RDONLY, O_WRONLY, O_RDWR, O_RDWR].randomElement(using: &random)!
        if flags != O_RDONLY {
            if Int.random(in: 0..<3, using: &random) > 0 { flags |= O_CREAT }
            if Int.random(in: 0..<3, using: &random) == 0 { flags |= O_TRUNC }
            if Int.random(in: 0..<4, using: &random) == 0 { flags |= O_APPEND }
            if Int.random(in: 0..<8, using: &random) == 0 { flags |= O_EXCL }
        }
        last = "open \(shown(path)), \(String(flags, radix: 8))"
        guard open.count < 12, let folder = try await place(path) else { return }
        let existing = folder.children[path.last!]
        let mode: UInt32 = [0o644, 0o644, 0o600, 0o755].randomElement(using: &random)!
        let open = { () async throws(SystemError) in try await program.open(path, flags, mode: mode) }
        if existing == nil, flags & O_CREAT == 0 { return }
        if existing != nil, flags & O_CREAT != 0, flags & O_EXCL != 0 { return }
        guard existing?.kind ?? .file == .file else { return }
        let file = try await open()
        let node =
            existing
            ?? FileModel.Node(
                .file, mode: mode, owner: program.caller.user, group: program.caller.group)
        if existing == nil {
            node.isDirty = true
            folder.children[path.last!] = node
        } else if flags & O_TRUNC != 0 {
            node.resize(to: 0)
        }
        let writes = flags & O_ACCMODE != O_RDONLY
        if writes { node.writers += 1 } else { node.readers += 1 }
        self.open.append(Open(node: node, file: file, program: program))
        // The answer to a new file counts as looked up.
        _ = try await resolve(path)
    }

    mutating func anyOpen(writing: Bool = false) -> Int? {
        open.indices.filter { !writing || open[$0].file.access.writes }.randomElement(using: &random)
    }

    mutating func write() async throws {
        guard let index = anyOpen(writing: true) else { return }
        let (node, file) = (open[index].node, open[index].file)
        let bytes = Self.bytes(&random)
        guard !bytes.isEmpty else { return }
        let places = [0, node.size, node.size + 100, Int.random(in: 0...node.size, using: &random)]
        let offset = file.access.appends ? node.size : places.randomElement(using: &random)!
        last = "write \(bytes.count) at \(offset) of \(file.node.number)"
        try await open[index].program.write(bytes, at: offset, to: file)
        node.write(bytes, at: offset)
        open[index].hasWritten = true
    }

    mutating func read() async throws {
        guard let index = anyOpen(), open[index].file.access.reads else { return }
        let (node, file) = (open[index].node, open[index].file)
        let offset = Int.random(in: 0...node.size + 10, using: &random)
        let count = Int.random(in: 1...5000, using: &random)
        last = "read \(count) at \(offset) of \(file.node.number)"
        let found = try await open[index].program.read(count, at: offset, from: file)
        guard found == Array(node.bytes.dropFirst(offset).prefix(count)) else {
            throw Wrong(description: "\(found.count) bytes, or others than \(node.size - offset)")
        }
    }

    mutating func resize() async throws {
        if Int.random(in: 0..<3, using: &random) == 0, let path = anyPath(.file) {
            let node = model.find(path)!
            let size = Int.random(in: 0...node.size + 50, using: &random)
            last = "truncate \(shown(path)) to \(size)"
            _ = try await resolve(path)
            let program = programs[0]
            try await program.change(path) { $0.size = size }
            node.resize(to: size)
            if node.writers > 0 { node.isMixed = true } else { node.becomeWhole() }
        } else if let index = anyOpen(writing: true) {
            let (node, file) = (open[index].node, open[index].file)
            let size = Int.random(in: 0...node.size + 50, using: &random)
            last = "resize \(file.node.number) to \(size)"
            try await open[index].program.resize(file, to: size)
            node.resize(to: size)
            open[index].hasWritten = true
        }
    }

    mutating func reserve() async throws {
        guard let index = anyOpen(writing: true) else { return }
        let (node, file) = (open[index].node, open[index].file)
        let start = Int.random(in: 0...node.size + 20, using: &random)
        let range = start..<start + Int.random(in: 1...2000, using: &random)
        let mode = [0, 1, 3, 0x10, 0x11, 0x8, 0x20, 0x40].randomElement(using: &random)!
        last = "fallocate \(mode) of \(range) of \(file.node.number)"
        let program = open[index].program
        let reserve = { () async throws(SystemError) in
            try await program.reserve(range, mode: Int32(mode), of: file)
        }
        guard mode < 8 || mode & 0x10 != 0 else { return _ = try await expect(EOPNOTSUPP, doing: reserve) }
        try await reserve()
        let extends = mode & 1 == 0 && range.upperBound > node.size
        if mode & 0x12 != 0 { node.clear(range) }
        if extends { node.resize(to: range.upperBound) }
        // Room alone is no content.
        if mode != 1 { open[index].hasWritten = true }
    }

    mutating func synchronize() async throws {
        guard let index = anyOpen(writing: true) else { return }
        last = "fsync \(open[index].file.node.number)"
        try await open[index].program.synchronize(open[index].file)
        open[index].node.becomeWhole()
        open[index].hasWritten = false
    }

    /// By whoever opened it, by a child, without a word, or by a signal.
    mutating func close() async throws {
        guard let index = anyOpen() else { return }
        let one = open[index]
        let (node, file, program) = (one.node, one.file, one.program)
        guard file.access.writes else {
            last = "close \(file.node.number), which was read"
            open.remove(at: index)
            node.readers -= 1
            return try await program.close(file)
        }
        switch Int.random(in: 0..<10, using: &random) {
        case 0:
            last = "close \(file.node.number) by a child"
            return try await program.flush(file, by: .process(999))
        case 1 where node.writers == 1 && !node.isMixed && !file.access.appends:
            last = "die with \(file.node.number)"
            open.remove(at: index)
            node.writers = 0
            try await program.flush(file, by: .process(program.caller.process, isDying: true))
            program.release(file)
            if node.isDirty { tear(node) }
        case 2:
            last = "release \(file.node.number) alone"
            open.remove(at: index)
            node.writers -= 1
            program.release(file)
            if node.writers > 0 {
                node.isMixed = node.isMixed || node.isDirty
            } else if node.isDirty {
                node.becomeWhole()
            }
        default:
            last = "close \(file.node.number)"
            open.remove(at: index)
            node.writers -= 1
            try await program.close(file)
            if one.hasWritten {
                node.becomeWhole()
            } else if node.writers > 0 {
                node.isMixed = node.isMixed || node.isDirty
            } else if node.isDirty {
                node.becomeWhole()
            }
        }
    }

    /// The old object shows again, or nothing.
    func tear(_ node: FileModel.Node) {
        guard node.isLinked else { return }
        if let whole = node.whole {
            node.bytes = whole
            node.isDirty = false
            return
        }
        for (path, found) in model.all where found === node {
            model.unlink(path.last!, in: model.find(path.dropLast())!)
        }
    }
}
