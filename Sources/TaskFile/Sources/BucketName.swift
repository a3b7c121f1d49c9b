/// The rules for names of buckets, which services enforce only when one is created: a name that breaks them does not
/// exist there. Behind an endpoint of one's own other rules may hold.
struct BucketName {
    struct Objection {
        var message: String
        var hint: String?
        /// Cannot be right anywhere, so no endpoint softens it.
        var isFinal = false
        /// Old buckets have it; worth a word, no reason to stop.
        var isWarning = false
    }

    static func objection(to name: String, of store: Store) -> Objection? {
        guard !name.isEmpty else {
            return Objection(message: "no bucket in the URL", hint: "SCHEME://BUCKET/KEY", isFinal: true)
        }
        if name.hasSuffix("--x-s3") && store == .s3 {
            return Objection(
                message: "`\(name)` is an S3 directory bucket, which is not supported",
                hint: "use a general purpose bucket", isFinal: true)
        }
        if name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == 0x20 }) {
            return Objection(message: "a bucket's name cannot hold blanks or control characters", isFinal: true)
        }
        // With one of these a bucket in front of an endpoint's host would make another host of it.
        if let end = name.unicodeScalars.first(where: { "/?#@\\".unicodeScalars.contains($0) }) {
            return Objection(
                message: "a bucket's name cannot hold `\(end)`", hint: "a key stands behind a slash", isFinal: true)
        }
        if store == .azure && ["$root", "$web", "$logs"].contains(name) { return nil }
        return lengthObjection(to: name, of: store) ?? characterObjection(to: name, of: store)
            ?? shapeObjection(to: name, of: store)
    }

    private static func lengthObjection(to name: String, of store: Store) -> Objection? {
        let length = name.utf8.count
        let most = store == .gcs && name.holds(".") ? 222 : 63
        guard length < 3 || length > most else { return nil }
        return Objection(message: "`\(name)` has \(length) characters", hint: "names of buckets have 3 to \(most)")
    }

    private static func characterObjection(to name: String, of store: Store) -> Objection? {
        if name.utf8.contains(where: { (0x41...0x5A).contains($0) }) {
            return Objection(
                message: "`\(name)` has upper-case letters", hint: "did you mean \(name.lowercased())?")
        }
        let others = name.unicodeScalars.filter { scalar in
            switch scalar {
            case "a"..."z", "0"..."9", "-": false
            case ".": store == .azure
            case "_": store == .azure
            default: true
            }
        }
        if let other = others.first {
            let hint = other == ":" ? "for HOST:PORT write endpoint: \(name), and the bucket in the URL" : nil
            return Objection(message: "`\(name)` holds `\(other)`", hint: hint ?? allowedCharacters(store))
        }
        return nil
    }

    private static func allowedCharacters(_ store: Store) -> String {
        switch store {
        case .azure: "lower-case letters, digits and hyphens"
        case .gcs: "lower-case letters, digits, hyphens, dots and underscores"
        default: "lower-case letters, digits, hyphens and dots"
        }
    }

    private static func shapeObjection(to name: String, of store: Store) -> Objection? {
        if let end = [name.first, name.last].compactMap({ $0 }).first(where: { "-.".contains($0) }) {
            return Objection(message: "`\(name)` begins or ends with `\(end)`")
        }
        if name.holds("..") || store == .azure && name.holds("--") {
            return Objection(message: "`\(name)` has two dots or hyphens in a row")
        }
        if IPv4.looksLikeAddress(name) {
            return Objection(
                message: "`\(name)` is an IP address, not a bucket",
                hint: "for a server of your own write endpoint: http://\(name), and the bucket in the URL")
        }
        if name.holds("_") && store != .gcs {
            return Objection(message: "`\(name)` holds an underscore, which only very old buckets may", isWarning: true)
        }
        return nil
    }
}

enum AzureAccount {
    static func isName(_ text: String) -> Bool {
        (3...24).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
    }
}
