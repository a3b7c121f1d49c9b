import Glibc
import ObjectStore
import Platform
import Staging
import Synchronization

/// Attributes that programs set. Those of files come to the bucket with the next version, or by a copy after a while.
extension BucketFileSystem {
    public func change(
        _ changes: AttributeChanges, of node: NodeID, _ handle: HandleID?, _ reply: Reply<NodeAttributes>
    ) {
        guard let writing else { return _ = reply.fail(.readOnly) }
        begin(reply) { [self] () async throws(SystemError) in
            if tree.isFolder(node) {
                return try await whileStaying(node, writing) { () async throws(SystemError) in
                    try await change(folder: try await tree.changeable(node), changes)
                }
            }
            let file = try await fileToChange(node, writing)
            defer { close(node, writing) }
            if let size = changes.size {
                guard file.kind == .file else { throw SystemError(code: EINVAL) }
                try file.resize(to: size)
                let open = handle.flatMap { handle in handles.withLock { $0.file(handle) } }
                if let open, open.mayWrite {
                    open.noteWrite()
                } else if !handles.withLock({ $0.files(of: node).contains(where: \.mayWrite) }) {
                    // Nobody will close it.
                    try await commit(file, writing)
                }
            }
            var attributes = file.attributes
            if change(&attributes, changes, file.kind) { try file.set(attributes) }
            return try await Answered.wait { tree.attributes(of: node, $0) }
        }
    }

    /// A folder's are with the object that stands for it.
    private func change(
        folder found: BucketTree.Changeable, _ changes: AttributeChanges
    ) async throws(SystemError) -> NodeAttributes {
        guard changes.size == nil else { throw SystemError(code: EISDIR) }
        var facts = found.facts
        var attributes = facts.details.map(WrittenAttributes.init) ?? WrittenAttributes()
        if change(&attributes, changes, .folder) {
            if !found.isFixed, found.key != "" { try await store(attributes, ofFolder: found.key) }
            facts.details = ObjectDetails(attributes)
        }
        guard let shown = tree.update(found.node, facts) else { throw .stale }
        return shown
    }

    private func store(_ attributes: WrittenAttributes, ofFolder key: ObjectKey) async throws(SystemError) {
        if let store = tree.store as? any FolderStore {
            _ = try await inStore(key) { () async throws(StoreError) in
                try await store.set(FileAttributes(attributes), of: key)
            }
        } else if tree.store.capabilities.keepsMetadata {
            let metadata = attributes.metadata(of: .folder)
            try await inStore(key) { [store = tree.store] () async throws(StoreError) in
                try await Self.store(metadata, ofFolder: key, in: store)
            }
        }
    }

    /// What other programs have put into the object that stands for a folder stays in it.
    private static func store(
        _ metadata: ObjectMetadata, ofFolder key: ObjectKey, in store: any ObjectStore
    ) async throws(StoreError) {
        do throws(StoreError) {
            let old = try await store.stat(key)
            if old.size > 0 {
                _ = try await store.copyAnySize(CopySource(key, old.version), to: key, metadata, size: old.size)
                return
            }
        } catch  where error.code == .notFound {
            // There is none yet.
        }
        _ = try await store.put(key, .bytes([]), PutOptions(if: .always, metadata: metadata))
    }

    /// False when there is nothing to change.
    private func change(_ attributes: inout WrittenAttributes, _ changes: AttributeChanges, _ kind: NodeKind) -> Bool {
        let before = attributes
        let settings = tree.settings
        // What everything has is not said: so listings of most buckets need not ask for each object.
        let says = tree.store is any FolderStore
        if let mode = changes.mode { attributes.mode = mode == kind.usualMode && !says ? nil : mode }
        if let owner = changes.owner { attributes.owner = owner == settings.owner && !says ? nil : owner }
        if let group = changes.group { attributes.group = group == settings.group && !says ? nil : group }
        if let time = changes.modified { attributes.modified = time.inNanoseconds }
        if let time = changes.accessed { attributes.accessed = time.inNanoseconds }
        return attributes != before
    }

    /// Of something new.
    func attributes(mode: UInt32, of kind: NodeKind, _ caller: Caller) -> WrittenAttributes {
        var changes = AttributeChanges()
        (changes.mode, changes.owner, changes.group) = (mode & 0o7777, caller.user, caller.group)
        var attributes = WrittenAttributes()
        _ = change(&attributes, changes, kind)
        return attributes
    }

    // MARK: Extended attributes

    private static let userPrefix = "user."
    /// What S3 takes, together with the names.
    private static let room = 2048 - 256

    public func setExtendedAttribute(
        _ name: UnsafeRawBufferPointer, to value: UnsafeRawBufferPointer, of node: NodeID, _ replacing: Replacing,
        _ reply: Reply<Void>
    ) {
        guard let writing else { return _ = reply.fail(.readOnly) }
        let name = String(decoding: name, as: UTF8.self)
        guard name.hasPrefix(Self.userPrefix), tree.store.capabilities.keepsMetadata,
            Self.isName(name.dropFirst(Self.userPrefix.utf8.count)), Self.isValue(value)
        else { return _ = reply.fail(SystemError(code: EOPNOTSUPP)) }
        let text = String(decoding: value, as: UTF8.self)
        let own = String(name.dropFirst(Self.userPrefix.utf8.count))
        changeOthers(of: node, writing, reply) { others throws(SystemError) in
            if replacing == .forbidden, others[own] != nil { throw SystemError(code: EEXIST) }
            if replacing == .required, others[own] == nil { throw .noSuchAttribute }
            others[own] = text
            guard others.reduce(0, { $0 + $1.key.utf8.count + $1.value.utf8.count }) <= Self.room else {
                throw SystemError(code: ENOSPC)
            }
        }
    }

    public func removeExtendedAttribute(_ name: UnsafeRawBufferPointer, of node: NodeID, _ reply: Reply<Void>) {
        guard let writing else { return _ = reply.fail(.readOnly) }
        let name = String(decoding: name, as: UTF8.self)
        guard name.hasPrefix(Self.userPrefix) else { return _ = reply.fail(SystemError(code: EOPNOTSUPP)) }
        let own = String(name.dropFirst(Self.userPrefix.utf8.count))
        changeOthers(of: node, writing, reply) { others throws(SystemError) in
            guard others.removeValue(forKey: own) != nil else { throw .noSuchAttribute }
        }
    }

    private func changeOthers(
        of node: NodeID, _ writing: MountWriting, _ reply: Reply<Void>,
        _ change: @escaping @Sendable (inout [String: String]) throws(SystemError) -> Void
    ) {
        begin(reply) { [self] () async throws(SystemError) in
            guard !tree.isFolder(node) else {
                return try await whileStaying(node, writing) { () async throws(SystemError) in
                    try await changeOthers(ofFolder: try await tree.changeable(node), change)
                }
            }
            let file = try await fileToChange(node, writing)
            defer { close(node, writing) }
            guard file.kind == .file else { throw SystemError(code: EPERM) }
            var attributes = file.attributes
            try change(&attributes.others)
            try file.set(attributes)
        }
    }

    private func changeOthers(
        ofFolder found: BucketTree.Changeable, _ change: (inout [String: String]) throws(SystemError) -> Void
    ) async throws(SystemError) {
        guard !found.isFixed, found.key != "" else { throw SystemError(code: EOPNOTSUPP) }
        var facts = found.facts
        var attributes = facts.details.map(WrittenAttributes.init) ?? WrittenAttributes()
        try change(&attributes.others)
        try await store(attributes, ofFolder: found.key)
        facts.details = ObjectDetails(attributes)
        _ = tree.update(found.node, facts)
    }

    /// Names go through headers, which have no upper case.
    private static func isName(_ name: Substring) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || "_-.".utf8.contains($0)
            }
            && !ObjectDetails.ownNames.contains(String(name))
    }

    private static func isValue(_ value: UnsafeRawBufferPointer) -> Bool {
        value.allSatisfy { (0x20...0x7E).contains($0) } && value.first != 0x20 && value.last != 0x20 && !value.isEmpty
    }

    // MARK: Storing them

    func storeAttributesLater(_ node: NodeID, _ file: WrittenFile, _ writing: MountWriting) {
        let now = writing.noteAttributes(node, file) { [weak self] in self?.storeDueAttributes() }
        for (node, file) in now { storeAttributes(node, file, writing) }
    }

    private func storeDueAttributes() {
        guard let writing else { return }
        let due = writing.takeDue(all: false) { [weak self] in self?.storeDueAttributes() }
        for (node, file) in due { storeAttributes(node, file, writing) }
    }

    func storeAttributes(_ node: NodeID, _ file: WrittenFile, _ writing: MountWriting) {
        tree.calls.begin { [self] in await storeAttributes(of: file, at: node, writing) }
    }

    func storeAttributes(of file: WrittenFile, at node: NodeID, _ writing: MountWriting) async {
        do throws(StoreError) {
            try await file.saveAttributes()
            // In this order, here and below: who waits for it finds what follows.
            finish(node, file, writing)
            file.endStoring()
        } catch {
            var error = error
            error.message = "\(file.key?.shown ?? "a file"): attributes cannot be stored: \(error.message)"
            writing.settings.report(error.told, error)
            guard error.isRetryable else {
                // The bytes are safe, and the bucket will not take more than them.
                file.giveUpAttributes()
                // Of an object that is another one now, or gone, there is nothing to be missed.
                if ![.notFound, .changed, .conditionFailed].contains(error.code) { writing.noteLostAttributes() }
                finish(node, file, writing)
                return file.endStoring()
            }
            storeAttributesLater(node, file, writing)
            file.endStoring(error)
        }
    }
}

extension NodeKind {
    var usualMode: UInt32 {
        switch self {
        case .file: 0o644
        case .folder: 0o755
        case .link: 0o777
        }
    }
}

extension AttributeChanges.Time {
    fileprivate var inNanoseconds: Int {
        switch self {
        case .now: FileTime.now.inNanoseconds
        case .at(let time): time.inNanoseconds
        }
    }
}
