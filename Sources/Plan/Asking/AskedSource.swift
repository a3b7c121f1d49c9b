public import ObjectStore
import Platform
public import TaskFile

/// A source outside of any task, opened to be asked: what an entry of a short form with it would read.
public struct AskedSource: Sendable {
    public enum Kind: Sendable {
        /// Keys, of which the source's may be an object or a prefix.
        case tree
        /// One file, and nothing to list.
        case file
    }

    public let source: Source
    public let opened: OpenedStore
    public let key: ObjectKey
    public let kind: Kind

    /// What this build cannot open is `notBuilt` by the name of its store.
    public enum Failure: Error {
        case notBuilt(String)
        case store(StoreError)
    }

    public static func open(
        _ mount: Mount, on machine: Machine, stores: any Stores
    ) async throws(Failure) -> AskedSource {
        guard let source = mount.sources.first else { throw .notBuilt("an entry without a source") }
        if let missing = mount.missingFeature { throw .notBuilt(missing) }
        do throws(StoreError) {
            if let path = machine.path(of: source.location, mount) { return try await local(path, source) }
            if case .bucket(let bucket) = source.location {
                let opened = try await stores.open(bucket, of: mount)
                return AskedSource(
                    source: source, opened: opened, key: ObjectKey(mount.keyPrefix ?? bucket.key), kind: .tree)
            }
            let opened = try await stores.openWeb(source, of: mount)
            return AskedSource(source: source, opened: opened, key: ObjectKey(source.baseName), kind: .file)
        } catch {
            throw .store(error)
        }
    }

    /// A folder is a store; a file is one of the store that its folder is.
    private static func local(_ path: String, _ source: Source) async throws(StoreError) -> AskedSource {
        let path = RawPath(path)
        let real: RawPath
        let isFolder: Bool
        do throws(SystemError) {
            real = try FileStatus.realPath(path)
            isFolder = try OwnedDescriptor.open(real, FileFlags.path).entry().kind == .folder
        } catch {
            throw StoreError(error, "cannot open \(path.text.printable)")
        }
        let store = try await FileStore.open(isFolder ? real : real.parent.isEmpty ? "/" : real.parent)
        return AskedSource(
            source: source, opened: OpenedStore(store, place: "file://\(real.text)", reader: "this user"),
            key: isFolder ? "" : ObjectKey(real.lastComponent.bytes), kind: isFolder ? .tree : .file)
    }

    /// The region that requests go to, once it is known.
    public var region: String? { opened.region }

    /// Keys that the source means begin so, when it is not the object of that very key.
    public var prefix: ObjectKey { key.isEmpty || key.endsInSlash ? key : key + "/" }
}
