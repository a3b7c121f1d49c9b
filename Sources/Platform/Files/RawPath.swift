import Glibc

/// A path, or one name of it, as Linux has them: bytes, of which only NUL and, within a name, the slash mean something.
/// Text is only for showing; a name that is no UTF-8 is a name all the same.
public struct RawPath: RawBytes {
    public var bytes: [UInt8]

    public init(exactly bytes: [UInt8]) {
        self.bytes = bytes
    }

    public var isAbsolute: Bool { bytes.first == UInt8(ascii: "/") }

    /// For messages: what is no UTF-8 is shown as replacement characters.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    public func appending(_ name: RawPath) -> RawPath {
        guard !isEmpty else { return name }
        guard !name.isEmpty else { return self }
        var path = bytes
        if path.last != UInt8(ascii: "/") { path.append(UInt8(ascii: "/")) }
        return RawPath(path + name.bytes)
    }

    public var components: [RawPath] {
        bytes.split(separator: UInt8(ascii: "/")).map(RawPath.init)
    }

    public var lastComponent: RawPath {
        RawPath(bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes[($0 + 1)...] } ?? bytes[...])
    }

    /// The path without its last component; empty for a single name, the root for a name in it.
    public var parent: RawPath {
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return RawPath([]) }
        return RawPath(bytes[..<max(slash, isAbsolute ? 1 : 0)])
    }

    /// Whether this names something inside of a folder, as far as the text tells.
    public func isBelow(_ folder: RawPath) -> Bool {
        bytes.count > folder.bytes.count && bytes[folder.bytes.count] == UInt8(ascii: "/")
            && bytes.starts(with: folder.bytes)
    }

    /// The folders above a relative path, the innermost first.
    public var ancestors: [RawPath] {
        var ancestors: [RawPath] = []
        var folder = parent
        while !folder.isEmpty && folder.bytes != [UInt8(ascii: "/")] {
            ancestors.append(folder)
            folder = folder.parent
        }
        return ancestors
    }

    /// The path as system calls take it. A NUL would end it early and so name another file: EINVAL.
    public func withCString<Result>(
        _ body: (UnsafePointer<CChar>) throws(SystemError) -> Result
    ) throws(SystemError) -> Result {
        guard !bytes.contains(0) else { throw SystemError(code: EINVAL) }
        return try withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) {
            buffer throws(SystemError) in
            for index in bytes.indices { buffer[index] = CChar(bitPattern: bytes[index]) }
            buffer[bytes.count] = 0
            return try body(UnsafePointer(buffer.baseAddress!))
        }
    }

    /// Makes a system call with the path; interruptions and errors as in `SystemError.check`.
    @discardableResult
    public func call<Result: SignedInteger>(
        _ call: (UnsafePointer<CChar>) -> Result
    ) throws(SystemError) -> Result {
        try withCString { path throws(SystemError) in try SystemError.check { call(path) } }
    }
}
