import Platform

/// The numbers of `config.mount_cached`, which SkyPilot hands to rclone as they are.
enum RcloneNotation {
    /// Digits with at most one of `b k m g t p`; a number alone counts KiB in rclone, but bytes in SkyPilot's documentation.
    static func bytes(_ text: String) -> Int? {
        guard let last = text.utf8.last else { return nil }
        switch last | 0x20 {
        case UInt8(ascii: "b"):
            let digits = text.dropLast()
            return digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) ? Int(digits) : nil
        case UInt8(ascii: "k"), UInt8(ascii: "m"), UInt8(ascii: "g"), UInt8(ascii: "t"), UInt8(ascii: "p"):
            return ByteSize(text)?.bytes
        default: return text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) ? Int(text) : nil
        }
    }

    /// Go's durations, with `w`, `M` (30 days) and `y` (365 days), or plain seconds.
    static func milliseconds(_ text: String) -> Int? {
        if let span = TimeSpan(text) { return span.milliseconds }
        if let seconds = Int(text) { return product(seconds, 1000) }
        guard let unit = text.last, let count = Int(text.dropLast()) else { return nil }
        let days: Int
        switch unit {
        case "w": days = 7
        case "M": days = 30
        case "y": days = 365
        default: return nil
        }
        return product(count, days * 86_400_000)
    }

    private static func product(_ count: Int, _ factor: Int) -> Int? {
        let (product, overflow) = count.multipliedReportingOverflow(by: factor)
        return count < 0 || overflow ? nil : product
    }
}
