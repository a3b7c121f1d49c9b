public import ObjectStore
import Platform

extension ListRequest {
    /// What stands for a key in the answer where keys are grouped: all that begin like it up to a slash.
    public func group(of key: ObjectKey) -> ObjectKey? {
        guard case .bySlash = grouping,
            let slash = key.bytes.dropFirst(prefix.bytes.count).firstIndex(of: UInt8(ascii: "/"))
        else { return nil }
        return ObjectKey(key.bytes[...slash])
    }
}
