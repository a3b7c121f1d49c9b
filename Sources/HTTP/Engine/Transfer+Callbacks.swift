import CCurl
import Platform

/// What curl calls while it works. Each callback finds its transfer by the pointer that it was given; the loop keeps the
/// transfer alive for as long as curl has the handle.
extension Transfer {
    /// The same for every transfer.
    static func installCallbacks(on handle: EasyHandle) {
        handle.note(
            ccurl_on_header(handle.raw) { bytes, size, count, this in
                let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
                return Transfer.of(this).attempt { transfer throws(HTTPError) in
                    try transfer.takeHead(line)
                    return true
                } ? line.count : 0
            })
        handle.note(
            ccurl_on_write(handle.raw) { bytes, size, count, this in
                let chunk = UnsafeRawBufferPointer(start: bytes, count: size * count)
                let isWanted = Transfer.of(this).attempt { transfer throws(HTTPError) in
                    try transfer.takeBody(chunk)
                }
                // Anything else than the count stops it.
                return isWanted ? chunk.count : chunk.count + 1
            })
        // Also where there is no body: what curl reads from by default is standard input.
        handle.note(
            ccurl_on_read(handle.raw) { bytes, size, count, this in
                let room = UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
                var given = 0
                let isGood = Transfer.of(this).attempt { transfer throws(HTTPError) in
                    given = try transfer.give(into: room)
                    return true
                }
                return isGood ? given : Int(CURL_READFUNC_ABORT)
            })
        handle.note(
            ccurl_on_seek(handle.raw) { this, offset, origin in
                // Only so that curl may send a request again whose connection was dead; see `setConnection`.
                let transfer = Transfer.of(this)
                guard origin == SEEK_SET, offset == 0, transfer.request.isIdempotent,
                    !transfer.request.isPreparedEachTime
                else {
                    return CURL_SEEKFUNC_FAIL
                }
                transfer.given = 0
                return CURL_SEEKFUNC_OK
            })
    }

    /// Whom the callbacks find.
    func setCallbackData(on handle: EasyHandle) {
        let this = Unmanaged.passUnretained(self).toOpaque()
        handle.set(CURLOPT_PRIVATE, pointer: this)
        handle.set(CURLOPT_HEADERDATA, pointer: this)
        handle.set(CURLOPT_WRITEDATA, pointer: this)
        handle.set(CURLOPT_READDATA, pointer: this)
        handle.set(CURLOPT_SEEKDATA, pointer: this)
        handle.set(CURLOPT_OPENSOCKETDATA, pointer: this)
        handle.set(CURLOPT_PREREQDATA, pointer: this)
        // A connection outlives the transfer.
        handle.set(CURLOPT_CLOSESOCKETDATA, pointer: Unmanaged.passUnretained(worker).toOpaque())
    }

    /// The transfer that a handle is used for.
    static func of(easy: UnsafeMutableRawPointer?) -> Transfer? {
        guard let easy else { return nil }
        var owner: UnsafeMutableRawPointer?
        _ = ccurl_get_pointer(easy, CURLINFO_PRIVATE, &owner)
        return owner.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    static func of(_ this: UnsafeMutableRawPointer?) -> Transfer {
        Unmanaged<Transfer>.fromOpaque(this!).takeUnretainedValue()
    }

    /// Remembers an error, since curl hears only that something is wrong.
    private func attempt(_ work: (Transfer) throws(HTTPError) -> Bool) -> Bool {
        do throws(HTTPError) {
            return try work(self)
        } catch {
            failure = error
            return false
        }
    }

    private func give(into room: UnsafeMutableRawBufferPointer) throws(HTTPError) -> Int {
        switch request.body {
        case nil: return 0
        case .bytes(let bytes):
            let count = min(room.count, bytes.count - given)
            bytes.withUnsafeBytes { room.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[given..<given + count])) }
            given += count
            return count
        case .file(let file, let range):
            let wanted = UnsafeMutableRawBufferPointer(rebasing: room.prefix(range.count - given))
            let count: Int
            do throws(SystemError) {
                count = try file.file.read(into: wanted, at: range.lowerBound + given)
            } catch {
                throw HTTPError(
                    .sourceFailed, "cannot read what is to be sent: \(error.description)", errno: error.code)
            }
            guard count == wanted.count else {
                throw HTTPError(.sourceFailed, "the file that is to be sent has become shorter")
            }
            given += count
            return count
        }
    }
}
