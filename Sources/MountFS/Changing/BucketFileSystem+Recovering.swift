import ObjectStore
import Platform
import Staging
import Synchronization

/// What a process before this one has left in the staging folder.
extension BucketFileSystem {
    /// Whole versions go on to the bucket. What was torn is put aside, unless the programs that write it are still there: after
    /// the crash of a session.
    func recover(_ writing: MountWriting, isFirst: Bool) throws(SystemError) {
        let left = try writing.staging.left()
        if !isFirst || !left.files.isEmpty { writing.noteCrash() }
        for file in left.damaged { writing.noteDamaged(file) }
        try finishExchanges(of: left.files)
        let givingWay = try finishReplacements(of: left.files)
        let files = left.files.map { (file: $0, fate: WrittenFate(words: $0.state.name)) }
        let wanted = Set(files.compactMap { file, fate in fate.keyOfObject(file.state) })
        // What has a name comes behind: it does not go to the bucket before an object of that name has gone which is to go.
        for (file, fate) in files.filter({ !$0.fate.isNamed }) + files.filter(\.fate.isNamed) {
            let holders = isFirst ? [] : WrittenHandle.all(in: file.state.holders)
            guard let description = WrittenDescription(words: file.state.description) else {
                writing.noteDamaged(file.dataName)
                continue
            }
            switch fate {
            case .named(let name) where name.key.hasPrefix(tree.settings.root):
                if !isFirst { writing.noteRecovered(name.key) }
                try recover(
                    file, name, description, holders, givesWay: givingWay.contains(ObjectIdentifier(file)), writing)
            case .named, .unknown: writing.noteDamaged(file.dataName)
            case .nameless, .doomed:
                if !holders.isEmpty, try goOn(file, nil, description, holders, isDoomed: fate == .doomed, writing) {
                    continue
                }
                try recoverDeleted(file, isDoomed: fate == .doomed, wanted, writing)
            }
        }
        tree.calls.begin { [self] in await hearOfMoves(writing) }
    }

    /// Of two names that were changing places when everybody was killed.
    private func finishExchanges(of files: [StagedFile]) throws(SystemError) {
        for file in files {
            guard case .named(let name) = WrittenFate(words: file.state.name), let exchange = name.exchange else {
                continue
            }
            // Should the store have copied all the same, what is there now is not what is expected, and both are kept.
            guard exchange.isDone else {
                try file.name(WrittenName(exchange.from, replacing: exchange.was).words)
                continue
            }
            for other in files where other !== file {
                guard case .named(let otherName) = WrittenFate(words: other.state.name), otherName.key == name.key
                else { continue }
                try other.name(WrittenName(exchange.from, replacing: exchange.copied).words)
                let base = other.state.base.flatMap(StoredObject.init(words:))
                if let base, base.key == name.key, let copied = exchange.copied {
                    try other.rebase(StoredObject(exchange.from, copied, size: base.size).words)
                }
            }
            try file.name(WrittenName(name.key, replacing: name.replacing).words)
        }
    }

    /// Of a name and the file that was to be renamed to it when everybody was killed. What was replaced has no name any more; what
    /// may have been is returned.
    private func finishReplacements(of files: [StagedFile]) throws(SystemError) -> Set<ObjectIdentifier> {
        var taken: Set<ObjectKey> = []
        var givingWay: [(file: StagedFile, name: WrittenName)] = []
        for file in files {
            guard case .named(let name) = WrittenFate(words: file.state.name) else { continue }
            if name.givesWay { givingWay.append((file, name)) } else { taken.insert(name.key) }
        }
        for (file, name) in givingWay {
            if taken.contains(name.key) { try file.name(nil) }
        }
        return Set(givingWay.map { ObjectIdentifier($0.file) })
    }

    private func recover(
        _ file: StagedFile, _ name: WrittenName, _ description: WrittenDescription, _ holders: [WrittenHandle],
        givesWay: Bool, _ writing: MountWriting
    ) throws(SystemError) {
        if holders.isEmpty, file.state.isTorn, file.state.sealed == nil {
            guard writing.settings.uploadsTorn else { return keep(file, name.key, .torn, writing) }
            try file.seal()
        }
        _ = try goOn(file, name, description, holders, isDoomed: false, givesWay: givesWay, writing)
    }

    /// False when nobody knows the file any more.
    private func goOn(
        _ staged: StagedFile, _ name: WrittenName?, _ description: WrittenDescription, _ holders: [WrittenHandle],
        isDoomed: Bool, givesWay: Bool = false, _ writing: MountWriting
    ) throws(SystemError) -> Bool {
        let base = staged.state.base.flatMap(StoredObject.init(words:))
        let replacing = base?.key == name?.key ? base?.version : name?.replacing
        let recovered = try tree.addRecovered(name?.key, holders.first?.node) { node in
            written(staged, node, name?.key, replacing: replacing, description, writing)
        }
        guard let (node, file) = recovered else { return false }
        if let move = name?.moving { doubt(file, of: move, writing) }
        if isDoomed, let base {
            let place = try tree.hide(base.key).map { Place(name: $0.name, folder: $0.folder) }
            writing.doom(MountWriting.Doomed(object: base, node: node, file: file, place: place))
        }
        // Nobody goes on with what came behind the version that is whole.
        file.isAbandoned = holders.isEmpty
        file.givesWay = givesWay
        for holder in holders {
            var writer = WriterHandle(opener: holder.opener, appends: holder.appends)
            // A close that is asked for again waits again.
            if file.isUnsaved { writer.wrote() }
            let hasBytes = staged.state.isTorn && !staged.state.image.here.isEmpty
            if holder.isTorn || hasBytes { writer.doubt() }
            _ = try tree.openWritten(node, or: nil)
            let open = OpenedFile(node, file, writer)
            handles.withLock { $0.recover(open, under: holder.handle, for: holder.request) }
        }
        note(file, writing) { $0 = holders }
        file.saveIfNeeded()
        if !file.isUnsaved { finish(node, file, writing) }
        return true
    }

    /// Somebody has removed it; the object that it was may wait for its end, unless another file has taken its place.
    private func recoverDeleted(
        _ file: StagedFile, isDoomed: Bool, _ wanted: Set<ObjectKey>, _ writing: MountWriting
    ) throws(SystemError) {
        let base = isDoomed ? file.state.base.flatMap(StoredObject.init(words:)) : nil
        let object = base.flatMap { wanted.contains($0.key) ? nil : $0 }
        let deletions = writing.uploader.deletions
        let place: (name: [UInt8], folder: NodeID)?
        if let object { place = try tree.hide(object.key) } else { place = nil }
        if let object { deletions.begin(object.key) }
        tree.calls.begin { [self] in
            defer { if let object { deletions.end(object.key) } }
            do throws(SystemError) {
                if let object { try await delete(object.key, object.version) }
                if let place { tree.noteKnown(place.name, in: place.folder) }
                try file.remove()
            } catch {
                writing.settings.report("what was left of a deleted file cannot be removed: \(error.description)", nil)
            }
        }
    }

    func path(of key: ObjectKey) -> RawPath { RawPath(key.bytes.dropFirst(tree.settings.root.bytes.count)) }
}

extension WrittenFate {
    fileprivate var isNamed: Bool { if case .named = self { true } else { false } }

    /// Of what has a name, and may be in the bucket under it; not of what has taken the name of something that is to go.
    fileprivate func keyOfObject(_ state: StagedState) -> ObjectKey? {
        guard case .named(let name) = self else { return nil }
        let base = state.base.flatMap(StoredObject.init(words:))
        let isThere = name.replacing != nil || base?.key == name.key || !state.attempts.isEmpty
        return isThere ? name.key : nil
    }
}
