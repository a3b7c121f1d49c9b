import Plan
import Platform
import Synchronization

/// A file that is being made ready for its place: without a name where that can be had and nothing stands there, which spares
/// the file system a second change of names; else in the staging folder.
struct NewFile: ~Copyable {
    /// Open for writing, whatever its mode is.
    let file: SharedDescriptor
    private let temporary: RawPath?

    /// Whether files without names can be had at the destination and are worth having: where names may be taken, most files
    /// replace something. Asked once, by trying.
    final class Naming: Sendable {
        private let isPossible: Atomic<Bool>

        init(_ placing: ItemPlacing) {
            isPossible = Atomic(placing.isFresh)
        }

        fileprivate var isTried: Bool {
            get { isPossible.load(ordering: .relaxed) }
            set { isPossible.store(newValue, ordering: .relaxed) }
        }
    }

    init(
        in folder: borrowing OwnedDescriptor, _ staging: Staging, _ naming: Naming, mode: UInt32, _ path: RawPath
    ) throws(CopyFailure) {
        if naming.isTried {
            do throws(SystemError) {
                if let file = try folder.makeNamelessFile(mode: mode) {
                    self.file = SharedDescriptor(file)
                    temporary = nil
                    return
                }
                naming.isTried = false
            } catch {
                throw CopyFailure.writing(path, error)
            }
        }
        let name = staging.nextName()
        let staged = try staging.folder()
        do throws(SystemError) {
            file = SharedDescriptor(try .open(name, in: staged.file, FileFlags.createReadable, mode: mode))
        } catch {
            throw CopyFailure.writing(path, error)
        }
        temporary = name
    }

    /// Moves it to its place, in one step.
    consuming func put(
        _ item: SourceItem, in folder: borrowing OwnedDescriptor, _ staging: Staging, _ placing: ItemPlacing
    ) throws(CopyFailure) {
        if let temporary {
            let staged = try staging.folder()
            return try placing.put(temporary, from: staged, item, in: folder)
        }
        do throws(SystemError) {
            try file.file.giveName(item.path.lastComponent, in: folder)
            return
        } catch {
            // Somebody has put something there meanwhile: it is replaced, as everything else.
            guard error.isOccupied else { throw CopyFailure.writing(item.path, error) }
        }
        let name = staging.nextName()
        let staged = try staging.folder()
        do throws(SystemError) {
            try file.file.giveName(name, in: staged.file)
        } catch {
            throw CopyFailure.writing(item.path, error)
        }
        try placing.put(name, from: staged, item, in: folder)
    }

    /// It is not wanted any more.
    consuming func discard(_ staging: Staging) {
        guard let temporary, let staged = try? staging.folder() else { return }
        try? staged.file.remove(temporary)
    }
}
