import Checksums
import ObjectStore
import Platform

/// An item of a listing as bytes.
enum PackedItem {
    private struct Flags: OptionSet {
        let rawValue: UInt8

        static let folder = Flags(rawValue: 1)
        static let link = Flags(rawValue: 2)
        static let hasMode = Flags(rawValue: 4)
        /// The source calls it otherwise than the destination.
        static let hasSourcePath = Flags(rawValue: 8)
        static let hasVersion = Flags(rawValue: 16)
        static let hasChecksum = Flags(rawValue: 32)
        static let hasUnknownSize = Flags(rawValue: 64)
    }

    static func append(_ item: SourceListing.Item, to bytes: inout [UInt8]) {
        var flags: Flags = []
        switch item.content {
        case .file: break
        case .folder: flags.insert(.folder)
        case .link: flags.insert(.link)
        }
        if item.mode != nil { flags.insert(.hasMode) }
        if item.sourcePath != item.path { flags.insert(.hasSourcePath) }
        if item.version != nil { flags.insert(.hasVersion) }
        if item.checksum != nil { flags.insert(.hasChecksum) }
        if item.hasUnknownSize { flags.insert(.hasUnknownSize) }
        bytes.append(flags.rawValue)
        append(item.path.bytes, to: &bytes)
        if item.sourcePath != item.path { append(item.sourcePath.bytes, to: &bytes) }
        switch item.content {
        case .file(let size): PackedNumber.append(UInt64(size), to: &bytes)
        case .folder: break
        case .link(let target): append(target.bytes, to: &bytes)
        }
        if let mode = item.mode { PackedNumber.append(UInt64(mode), to: &bytes) }
        PackedNumber.append(signed: item.modified.seconds, to: &bytes)
        PackedNumber.append(UInt64(item.modified.nanoseconds), to: &bytes)
        if let version = item.version { append(Array(version.text.utf8), to: &bytes) }
        if let checksum = item.checksum {
            bytes.append(UInt8(Checksum.Algorithm.allCases.firstIndex(of: checksum) ?? 0))
        }
    }

    private static func append(_ text: [UInt8], to bytes: inout [UInt8]) {
        PackedNumber.append(UInt64(text.count), to: &bytes)
        bytes.append(contentsOf: text)
    }

    static func read(_ bytes: [UInt8], at index: inout Int) -> SourceListing.Item {
        let flags = Flags(rawValue: bytes[index])
        index += 1
        let path = RawPath(text(bytes, at: &index))
        let sourcePath = flags.contains(.hasSourcePath) ? RawPath(text(bytes, at: &index)) : path
        let content: SourceListing.Item.Content =
            if flags.contains(.folder) {
                .folder
            } else if flags.contains(.link) {
                .link(target: RawPath(text(bytes, at: &index)))
            } else {
                .file(size: Int(PackedNumber.read(bytes, at: &index)))
            }
        let mode = flags.contains(.hasMode) ? UInt32(PackedNumber.read(bytes, at: &index)) : nil
        let seconds = PackedNumber.readSigned(bytes, at: &index)
        let nanoseconds = Int(PackedNumber.read(bytes, at: &index))
        var item = SourceListing.Item(
            path: path, sourcePath: sourcePath, content: content, mode: mode,
            modified: FileTime(seconds: seconds, nanoseconds: nanoseconds))
        item.hasUnknownSize = flags.contains(.hasUnknownSize)
        if flags.contains(.hasVersion) {
            item.version = ObjectVersion(String(decoding: text(bytes, at: &index), as: UTF8.self))
        }
        if flags.contains(.hasChecksum) {
            item.checksum = Checksum.Algorithm.allCases[Int(bytes[index])]
            index += 1
        }
        return item
    }

    private static func text(_ bytes: [UInt8], at index: inout Int) -> ArraySlice<UInt8> {
        let count = Int(PackedNumber.read(bytes, at: &index))
        defer { index += count }
        return bytes[index..<index + count]
    }
}
