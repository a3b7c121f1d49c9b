import Platform

/// What is ours from earlier runs and the source has no longer, in the order in which it was noted. In memory is only where in
/// the manifest each name is.
struct Surplus: Sequence {
    private let manifest: Manifest
    private let offsets: [Int]

    /// Nothing.
    init() {
        self.init(Manifest(), at: [])
    }

    init(_ manifest: Manifest, at offsets: [Int]) {
        self.manifest = manifest
        self.offsets = offsets
    }

    var isEmpty: Bool { offsets.isEmpty }

    func makeIterator() -> some IteratorProtocol<(path: RawPath, record: Manifest.Record)> {
        offsets.lazy.compactMap { manifest.entry(at: $0) }.makeIterator()
    }
}
