import Glibc

extension RawPath {
    /// The name under which `replace` makes new content ready.
    public var isReplacement: Bool {
        bytes.first == UInt8(ascii: ".") && bytes.suffix(4).elementsEqual(".new".utf8)
    }
}

extension OwnedDescriptor {
    /// Gives a name in this folder new content. Whoever opens it sees the old content or the new one, whole, also when the
    /// program is killed here.
    public func replace(_ name: RawPath, with bytes: [UInt8], mode: UInt32) throws(SystemError) {
        try replace(name, mode: mode) { file throws(SystemError) in try file.write(bytes) }
    }

    /// The same, with content that comes in pieces.
    public func replace(
        _ name: RawPath, mode: UInt32, writing write: (borrowing OwnedDescriptor) throws(SystemError) -> Void
    ) throws(SystemError) {
        let temporary = RawPath(Array(".".utf8) + name.bytes + Array(".\(getpid()).new".utf8))
        do throws(SystemError) {
            try remove(temporary)
        } catch  where error.code == ENOENT {
            // As it should be: only a killed process of our number leaves one.
        }
        do throws(SystemError) {
            let file = try OwnedDescriptor.open(temporary, in: self, FileFlags.create, mode: mode)
            // Whatever the umask has taken away.
            try file.setMode(mode)
            try write(file)
            try file.closeChecked()
            try rename(temporary, to: name, in: self)
        } catch {
            try? remove(temporary)
            throw error
        }
    }

    /// Writes over the beginning of the file.
    public func write(_ bytes: [UInt8]) throws(SystemError) {
        let failure: SystemError? = bytes.withUnsafeBytes { buffer in
            do throws(SystemError) {
                try write(buffer, at: 0)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }
}
