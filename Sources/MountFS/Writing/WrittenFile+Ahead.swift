import ObjectStore
import Platform
import Staging
import Synchronization

/// Parts of a new file that are whole are sent while the rest is being written. Who changes them again has them sent again.
extension WrittenFile {
    func sendAhead() {
        let staged = staged.state
        guard staged.image.baseEnd == 0, staged.sealed == nil else { return }
        while let (part, target) = state.withLock({ takeNext(staged.image, &$0) }) {
            begin { file in
                // What fails now is tried again, and said, when the file is saved.
                try? await file.uploader.sendAhead(part, of: file.staged, to: target)
                file.endAhead()
            }
        }
    }

    private func takeNext(_ image: StagedImage, _ state: inout State) -> (Int, Uploader.Target)? {
        let layout = uploader.layout(of: staged)
        let range = layout.range(of: state.nextAhead)
        // The last part has another end, which nobody knows yet. While a version is saved its parts are sent.
        guard let key = state.key, !state.isSaving, state.stills == 0,
            image.size > layout.endBeyond(state.nextAhead),
            image.here.contains(range), !uploader.mustWait(for: key)
        else { return nil }
        let part = state.nextAhead
        state.nextAhead += 1
        ahead.begin()
        endOfNext.store(layout.endBeyond(state.nextAhead), ordering: .relaxed)
        return (part, place(for: key, state))
    }

    private func endAhead() {
        if room.isShort {
            do throws(SystemError) {
                try letGoOfParts()
            } catch {
                settings.report("there is no room to be made on the disk: \(error.description)", nil)
            }
        }
        ahead.end()
    }
}
