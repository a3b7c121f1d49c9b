public import ObjectStore
public import Platform
import Staging

/// A file that nobody serves any more and that waits in a staging folder for whoever mounts the same again.
public struct LeftFile: Sendable {
    /// Of the object that it is to be.
    public let key: ObjectKey
    public let bytes: Int
    /// It comes into the bucket then; the others were being written when their session ended.
    public let isWhole: Bool
    /// The name of its bytes in the folder.
    public let data: RawPath

    /// Those that are to be objects.
    public static func all(in folder: SharedDescriptor) throws(SystemError) -> [LeftFile] {
        try StagingFolder.states(in: folder).compactMap { data, state in
            guard case .named(let name) = WrittenFate(words: state.name) else { return nil }
            let bytes = (state.sealed?.image ?? state.image).size
            return LeftFile(key: name.key, bytes: bytes, isWhole: state.sealed != nil || !state.isTorn, data: data)
        }
    }
}
