import ObjectStore
import Platform
import Synchronization

/// Whether the objects of a bucket have attributes of their own, as far as is known. Most buckets' have none, and to ask
/// each object would make listing them many times slower; of a bucket that was written through a mount a listing alone
/// says too little: links would be files.
final class MetadataHabit: Sendable {
    /// So many folders are tried until a bucket counts as one without.
    static let samples = 16

    private let found = Atomic(false)
    private let tried = Mutex<Set<ObjectKey>>([])

    var hasAttributes: Bool { found.load(ordering: .relaxed) }

    func note(_ details: ObjectDetails) {
        if details.hasAttributes { found.store(true, ordering: .relaxed) }
    }

    /// How many folders have been tried before; nothing when this one was, or those were enough.
    func takeSample(of folder: ObjectKey) -> Int? {
        tried.withLock { tried in
            guard tried.count < Self.samples, tried.insert(folder).inserted else { return nil }
            return tried.count - 1
        }
    }
}

extension BucketTree {
    /// Adds what listings do not tell, in buckets where there is something to tell.
    func complete(_ page: inout ListPage, of folder: ObjectKey) async {
        guard store.capabilities.keepsMetadata, let first = page.objects.first(where: { !$0.key.endsInSlash })
        else { return }
        if !habit.hasAttributes, let before = habit.takeSample(of: folder) {
            // What the first listing shows shall be right already.
            if before == 0 {
                _ = await metadata(of: first)
            } else {
                calls.begin { [self] in _ = await metadata(of: first) }
            }
        }
        guard habit.hasAttributes else { return }
        await completeAll(&page)
    }

    private func completeAll(_ page: inout ListPage) async {
        let found = await withTaskGroup(of: (Int, ObjectMetadata)?.self) { group in
            for (place, object) in page.objects.enumerated() where object.metadata.isEmpty && !object.key.endsInSlash {
                group.addTask { [self] in
                    await metadataGate.pass { await metadata(of: object) }.map { (place, $0) }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        for case (let place, let metadata)? in found { page.objects[place].metadata = metadata }
    }

    /// Nothing when the object has changed or gone since it was listed.
    private func metadata(of object: ObjectInfo) async -> ObjectMetadata? {
        switch await stat(object.key) {
        case .success(let asked): return asked?.version == object.version ? asked?.metadata : nil
        case .failure(let error):
            calls.report(error)
            return nil
        }
    }
}
