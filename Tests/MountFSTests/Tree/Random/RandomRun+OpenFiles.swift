import Glibc
import ObjectStore
import Platform
import TestSupport

@testable import MountFS

/// Files that programs have open while the bucket changes.
extension RandomRun {
    /// A file that somebody has open.
    struct Reader {
        let held: Held
        let handle: HandleID
        /// Of the versions that it may have been opened as; of the one that it was, once that is known.
        var contents: [[UInt8]]
        /// How often the bucket had changed until then.
        let changes: Int
    }

    mutating func openOne() async throws {
        guard let held = anyHeld(), held.kind == .file else { return }
        do {
            let open = try await answer { mount.files.open(held.node, Access(flags: O_RDONLY), by: .test, $0) }
            let contents = believed.compactMap { $0.objects[$0.key(held.path)]?.bytes }
            // It may have been another object by then.
            let changes = believed.count > 1 ? 0 : past.count
            wasOpened.insert(held.node)
            readers.append(Reader(held: held, handle: open.handle, contents: contents, changes: changes))
        } catch {
            try check(error, held.node)
        }
    }

    /// The version that was opened, or an error: nothing of another.
    mutating func readOn() async throws {
        guard let index = readers.indices.randomElement(using: &random) else { return }
        let reader = readers[index]
        let offset = Int.random(in: 0...45, using: &random)
        do {
            let bytes = try await mount.read(reader.held.node, reader.handle, 100, at: offset)
            try narrow(index, "has \(bytes) from \(offset) on") { $0.dropFirst(offset).elementsEqual(bytes) }
        } catch let error as SystemError {
            try checkOpen(error, reader)
        }
    }

    /// As the kernel does before it reads on.
    mutating func askForSize() async throws {
        guard let index = readers.indices.randomElement(using: &random) else { return }
        let reader = readers[index]
        do {
            let size = try await mount.attributes(of: reader.held.node, reader.handle).size
            try narrow(index, "has \(size) bytes") { $0.count == size }
        } catch let error as SystemError {
            try checkOpen(error, reader)
        }
    }

    private mutating func narrow(_ index: Int, _ what: String, _ isRight: ([UInt8]) -> Bool) throws {
        readers[index].contents = readers[index].contents.filter(isRight)
        guard readers[index].contents.isEmpty else { return }
        throw Wrong(description: "what was opened as \(shown(readers[index].held.path)) \(what)")
    }

    private func checkOpen(_ error: SystemError, _ reader: Reader) throws {
        guard error.code == ESTALE, past.count > reader.changes else {
            throw Wrong(description: "what was opened as \(shown(reader.held.path)): \(error.description)")
        }
    }

    mutating func closeOne() {
        guard let index = readers.indices.randomElement(using: &random) else { return }
        let reader = readers.remove(at: index)
        mount.files.release(reader.held.node, reader.handle)
    }

    func isRead(_ node: NodeID, size: Int) -> Bool {
        readers.contains { $0.held.node == node && $0.contents.contains { $0.count == size } }
    }
}
