import Glibc
public import ObjectStore
public import Platform
import Synchronization

/// How open objects are read.
public struct ReadingSettings: Sendable {
    /// Told of objects that are another version than the one that was opened.
    public var onChanged: @Sendable (ObjectKey) -> Void = { _ in }

    public init() {}
}

/// The bytes of objects that are open.
public final class ObjectReading: Sendable {
    private let store: any ObjectStore
    private let settings: ReadingSettings

    public init(
        store: any ObjectStore, memory: MemoryBudget, settings: ReadingSettings, neighbours: (any Neighbours)?
    ) {
        self.store = store
        self.settings = settings
    }

    public func open(_ file: FileVersion) -> OpenObject { OpenObject(file, store, settings) }

    public func close() {}
}

/// An object that somebody has opened.
public final class OpenObject: Sendable {
    public let file: FileVersion
    private let store: any ObjectStore
    private let settings: ReadingSettings

    init(_ file: FileVersion, _ store: any ObjectStore, _ settings: ReadingSettings) {
        self.file = file
        self.store = store
        self.settings = settings
    }

    public func read(_ count: Int, at offset: Int, _ reply: Reply<FileBytes>) {
        let count = min(count, file.size - offset)
        guard count > 0 else { return _ = reply.answer(.none) }
        Task { [file, store, settings] in
            do throws(StoreError) {
                let result = try await store.read(
                    file.key, ReadRange(from: offset, count: count), of: file.version, into: .bytes(limit: count))
                result.bytes.withUnsafeBytes { bytes in _ = reply.answer(.one(bytes)) }
            } catch {
                if error.code == .changed { settings.onChanged(file.key) }
                reply.fail(SystemError(error))
            }
        }
    }

    public func close() {}
}
