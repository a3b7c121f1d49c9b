import Checksums
import Glibc

/// The name of a block, as a part of an upload is called there. It says of which upload it is, so that uploads of one object
/// do not meet; which part, so that numbers can be any; and when it was sent, so that of two with one number it is known
/// which has taken the other's place. All have one length, since the service wants that.
struct AzureBlock: Equatable {
    var upload: String
    var number: Int
    /// In nanoseconds, sixteen digits.
    var time: String

    static let numbers = 1...9_999_999

    init(of upload: String, number: Int) {
        self.upload = upload
        self.number = number
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let text = String(UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec), radix: 16)
        time = String(repeating: "0", count: 16 - text.count) + text
    }

    /// Nothing for blocks of other programs.
    init?(_ text: String) {
        guard let bytes = Base64.bytes(of: text), bytes.count == Self.length else { return nil }
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, RandomID.isOne(String(parts[0])), parts[1].utf8.count == 7, let number = Int(parts[1]),
            Self.numbers.contains(number), parts[2].utf8.count == 16
        else { return nil }
        (upload, self.number, time) = (String(parts[0]), number, String(parts[2]))
    }

    private static let length = 57

    /// As addresses and documents have it, in Base64.
    var text: String {
        let digits = String(number)
        let padded = String(repeating: "0", count: 7 - digits.count) + digits
        return Base64.text(of: Array("\(upload)-\(padded)-\(time)".utf8))
    }
}
