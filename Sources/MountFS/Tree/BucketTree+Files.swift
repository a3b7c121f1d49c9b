import Glibc
import ObjectStore
import Platform
import Synchronization

extension BucketTree {
    /// A file as it is now.
    struct OpenedVersion: Sendable {
        var file: FileVersion
        var facts: NodeFacts
        /// The kernel may still have content of this very version.
        var isCached: Bool
        /// It was told another size, or by a session that is no more.
        var hasNewSize: Bool
        /// Another version may be open as the same node, since before a crash: what the kernel remembers of that is not to be mixed with
        /// this.
        var sharesNode: Bool
    }

    enum Opened: Sendable {
        case object(OpenedVersion)
        /// It is being written, or was just now.
        case written(WrittenFile)
    }

    /// The version that is there now. From here on the kernel's cache gets content of it. `counts`: somebody has it open from
    /// now on, until `noteClose`.
    func open(_ node: NodeID, counts: Bool = true, then: @escaping @Sendable (Result<Opened, SystemError>) -> Void) {
        withFacts(
            of: node, needsDetails: false,
            { [self] place, facts, _, state in
                switch state.nodes.kind(place) {
                case .folder: return .failure(SystemError(code: EISDIR))
                case .link: return .failure(SystemError(code: ELOOP))
                case .file: break
                }
                if let file = state.local.files[place] {
                    if counts { state.noteOpen(place) }
                    return .success(.written(file))
                }
                guard let key = key(of: place, state) else { return .failure(.notThere) }
                var facts = facts
                let isCached = facts.cached != nil && facts.cached == facts.version
                let hasNewSize = facts.shown != facts.size
                let sharesNode = state.isOpen(place, otherThan: facts)
                // The root: the kernel has one size and one content for both.
                if sharesNode, let open = state.local.versions[place], open.facts.mark != facts.mark {
                    return .failure(.stale)
                }
                if counts {
                    facts.cached = sharesNode ? nil : facts.version
                    facts.shown = facts.size
                    state.noteOpen(place, as: facts)
                }
                state.nodes[facts: place] = facts
                let file = FileVersion(key: key, size: facts.size, version: facts.version)
                return .success(
                    .object(
                        OpenedVersion(
                            file: file, facts: facts, isCached: isCached, hasNewSize: hasNewSize, sharesNode: sharesNode
                        )))
            }, then: then)
    }

    /// Somebody has had this version open since before a crash.
    func noteOpen(_ node: NodeID, as version: OpenedVersion) {
        state.withLock { state in
            if let place = state.nodes.place(node) { state.noteOpen(place, as: version.facts) }
        }
    }

    /// The kernel has not heard that it is open.
    func noteUntold(_ node: NodeID) {
        state.withLock { state in
            guard let place = state.nodes.place(node) else { return }
            state.nodes[facts: place]?.cached = nil
            state.nodes[facts: place]?.shown = nil
        }
    }

    // MARK: Links

    private enum Target: Sendable {
        case known([UInt8])
        case stored(FileVersion)
    }

    private static let longestTarget = 4095

    /// Where the store does not know it, it is the content of the object, as s3fs keeps it.
    func target(ofLink node: NodeID, _ reply: Reply<[UInt8]>) {
        withFacts(
            of: node, needsDetails: true,
            { [self] place, facts, _, state -> Result<Target, SystemError> in
                guard state.nodes.kind(place) == .link else { return .failure(SystemError(code: EINVAL)) }
                if let target = facts.details?.target { return .success(.known(target)) }
                guard facts.size <= Self.longestTarget else { return .failure(SystemError(code: EIO)) }
                guard let key = key(of: place, state) else { return .failure(.notThere) }
                return .success(.stored(FileVersion(key: key, size: facts.size, version: facts.version)))
            },
            then: { [self] result in
                switch result {
                case .failure(let error): reply.fail(error)
                case .success(.known(let target)): reply.answer(target)
                case .success(.stored(let file)): readTarget(file, reply)
                }
            })
    }

    private func readTarget(_ file: FileVersion, _ reply: Reply<[UInt8]>) {
        calls.begin { [self] in
            let result = await calls.call(file.key) { [store] () async throws(StoreError) in
                try await store.read(file.key, .whole, of: file.version, into: .bytes(limit: Self.longestTarget))
            }
            switch result {
            case .success(let read): reply.answer(read.bytes)
            case .failure(let error):
                calls.report(error)
                if error.code == .changed { forgetFacts(of: file.key) }
                reply.fail(SystemError(error))
            }
        }
    }
}
