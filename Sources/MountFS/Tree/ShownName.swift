import Glibc
import ObjectStore

/// Which names objects have in the tree: segments of their keys, as they are. A segment that Linux could not have as a
/// name is not there, nor is what lies below it.
struct ShownName {
    static let longest = 255

    /// Else names that are no UTF-8 could be shown, but not asked for.
    let mayBeAnyBytes: Bool

    init(_ store: any ObjectStore) {
        mayBeAnyBytes = store.capabilities.keysMayBeAnyBytes
    }

    func isShown(_ name: some RandomAccessCollection<UInt8>) -> Bool {
        guard !name.isEmpty, name.count <= Self.longest, !name.contains(0), !name.contains(UInt8(ascii: "/"))
        else { return false }
        let dot = UInt8(ascii: ".")
        if name.count <= 2, name.allSatisfy({ $0 == dot }) { return false }
        return mayBeAnyBytes || name.allSatisfy { $0 < 0x80 } || String(validating: name, as: UTF8.self) != nil
    }
}
