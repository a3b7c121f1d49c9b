import Platform

/// What is wrong with the text of a source.
struct SourceProblem: Error {
    var code: DiagnosticCode
    var message: String
    var hint: String?
}

/// Tells what the text of a source names. Bucket names are judged by `BucketName`, since an endpoint of one's own
/// softens its rules.
enum SourceParser {
    static func location(of text: Text) throws(SourceProblem) -> SourceLocation {
        guard let (scheme, rest) = split(text.value) else {
            try rejectMistypedScheme(text)
            return .local(path: text)
        }
        // Oracle's form has its region or namespace behind the @; the web's own message says what to do instead.
        if schemes.contains(scheme), !["oci", "http", "https"].contains(scheme),
            rest.prefix(while: { $0 != "/" }).holds("@")
        {
            throw SourceProblem(
                code: .badValue, message: "a URL must not hold a user or password",
                hint: "name a provider that has the credentials")
        }
        switch scheme {
        case "s3": return .bucket(try bucket(.s3, rest))
        case "gs", "google": return .bucket(try bucket(.gcs, rest))
        case "r2": return .bucket(try bucket(.r2, rest))
        case "oci": return .bucket(try ociBucket(rest))
        case "nebius": return .bucket(try bucket(.nebius, rest))
        case "cw": return .bucket(try bucket(.coreweave, rest))
        case "cos": return .bucket(try cosBucket(rest))
        case "azure", "az": return .bucket(try azureBucket(rest))
        case "http", "https": return try web(text, rest)
        case "file": return try file(rest)
        case "fs": return try hostFolder(rest)
        default: throw unknownScheme(scheme)
        }
    }

    private static func split(_ text: String) -> (scheme: String, rest: Substring)? {
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else { return nil }
        let scheme = text[..<colon]
        guard let first = scheme.utf8.first, first | 0x20 >= 0x61, first | 0x20 <= 0x7A else { return nil }
        guard scheme.utf8.allSatisfy({ Variables.isNameByte($0) || "+-.".utf8.contains($0) }) else { return nil }
        return (scheme.lowercased(), text[text.utf8.index(colon, offsetBy: 3)...])
    }

    static let schemes = [
        "s3", "gs", "r2", "cos", "oci", "nebius", "cw", "azure", "https", "http", "file", "fs", "az", "google",
    ]

    private static func unknownScheme(_ scheme: String) -> SourceProblem {
        let hint =
            switch scheme {
            case "gcs": "write gs://BUCKET/KEY"
            case "s3a", "s3n": "write s3://BUCKET/KEY"
            case "abfs", "abfss", "wasb", "wasbs":
                "write azure://CONTAINER/KEY or https://ACCOUNT.blob.core.windows.net/…"
            case "hf", "vastdata": "not supported; download it in a step of its own, or copy it to a bucket"
            default:
                nearestName(to: scheme, among: schemes).map { "did you mean \($0)://?" }
                    ?? "known: \(schemes.prefix(12).map { $0 + "://" }.joined(separator: " ")), or a local path"
            }
        return SourceProblem(code: .badScheme, message: "unknown scheme \(scheme)://", hint: hint)
    }

    /// `s3:/bucket`, `s3:bucket` and `s3//bucket`: valid names of local files, and never meant as such.
    private static func rejectMistypedScheme(_ text: Text) throws(SourceProblem) {
        for scheme in schemes {
            for mistake in [scheme + ":", scheme + "//"]
            where text.value.prefix(mistake.count).lowercased() == mistake {
                let rest = text.value.dropFirst(mistake.count).drop { $0 == "/" || $0 == ":" }
                guard !rest.isEmpty else { continue }
                throw SourceProblem(
                    code: .badScheme, message: "`\(mistake)…` is neither a URL nor a likely local path",
                    hint: "write \(scheme)://…; for a local path begin it with ./")
            }
        }
    }

    // MARK: Buckets

    private static func bucket(_ store: Store, _ rest: Substring) throws(SourceProblem) -> BucketLocation {
        let (bucket, key) = cut(rest)
        if bucket == "arn:" || bucket.hasPrefix("arn:") {
            throw SourceProblem(
                code: .badBucketName, message: "access-point ARNs are not supported",
                hint: "use the access point's alias, or the bucket's name")
        }
        return BucketLocation(store: store, bucket: bucket, key: try checked(key: key))
    }

    private static func cosBucket(_ rest: Substring) throws(SourceProblem) -> BucketLocation {
        let (region, path) = cut(rest)
        guard !region.isEmpty, !path.isEmpty else {
            throw SourceProblem(
                code: .badBucketName, message: "no bucket in the URL",
                hint: "IBM's form is cos://REGION/BUCKET/KEY, such as cos://us-south/data")
        }
        guard Authority.isHostPart(region) else {
            throw SourceProblem(
                code: .badValue, message: "what stands before the bucket is no region",
                hint: "IBM's form is cos://REGION/BUCKET/KEY, such as cos://us-south/data")
        }
        var location = try bucket(.cos, path[...])
        location.region = region
        return location
    }

    /// `oci://BUCKET@REGION/KEY` as SkyPilot writes it, or `BUCKET@NAMESPACE` as Oracle's own tools do.
    private static func ociBucket(_ rest: Substring) throws(SourceProblem) -> BucketLocation {
        let (first, key) = cut(rest)
        let parts = first.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { return try bucket(.oci, rest) }
        guard !parts[1].isEmpty, parts[1].utf8.allSatisfy({ Variables.isNameByte($0) || $0 == UInt8(ascii: "-") })
        else {
            throw SourceProblem(
                code: .badBucketName, message: "behind @ stands neither a region nor a namespace",
                hint: "write oci://BUCKET, or oci://BUCKET@REGION such as us-sanjose-1")
        }
        var location = try bucket(.oci, "\(parts[0])/\(key)")
        let words = parts[1].split(separator: "-")
        if words.count == 3, words[2].allSatisfy(\.isNumber) {
            location.region = parts[1]
        } else {
            location.account = parts[1]
        }
        return location
    }

    private static func azureBucket(_ rest: Substring) throws(SourceProblem) -> BucketLocation {
        let (first, path) = cut(rest)
        guard first.holds(".") else { return try bucket(.azure, rest) }
        return try azureBucket(host: first, path)
    }

    private static func azureBucket(host: String, _ path: String) throws(SourceProblem) -> BucketLocation {
        guard !path.isEmpty else {
            throw SourceProblem(
                code: .badBucketName, message: "no container in the URL", hint: "write https://\(host)/CONTAINER/…")
        }
        guard Authority(host) != nil else {
            throw SourceProblem(
                code: .badValue, message: "what stands before the container is no host name",
                hint: "https://ACCOUNT.blob.core.windows.net/CONTAINER/…")
        }
        let account = String(host.prefix { $0 != "." && $0 != ":" })
        guard AzureAccount.isName(account) || !isAzureHost(host) else {
            throw SourceProblem(
                code: .badBucketName, message: "`\(account)` is no name of a storage account",
                hint: "3 to 24 lower-case letters and digits")
        }
        var location = try bucket(.azure, path[...])
        location.account = account
        location.host = host
        return location
    }

    private static func checked(key: String) throws(SourceProblem) -> String {
        guard key.utf8.count <= 1024 else {
            throw SourceProblem(
                code: .badPrefix, message: "the key has \(key.utf8.count) bytes", hint: "stores allow 1024")
        }
        return key
    }

    private static func cut(_ text: Substring) -> (first: String, rest: String) {
        guard let slash = text.firstIndex(of: "/") else { return (String(text), "") }
        return (String(text[..<slash]), String(text[text.index(after: slash)...]))
    }

    // MARK: The web and this machine

    private static func web(_ text: Text, _ rest: Substring) throws(SourceProblem) -> SourceLocation {
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if authority.holds("@") {
            throw SourceProblem(
                code: .badValue, message: "a URL must not hold a user or password",
                hint: "put them into headers: of the entry, with a value from secrets:")
        }
        let host = authority.lowercased()
        guard let place = Authority(host) else {
            throw SourceProblem(
                code: .badValue, message: "the URL has no right host name", hint: "https://HOST[:PORT]/PATH")
        }
        guard !place.isLinkLocal else {
            throw SourceProblem(
                code: .unsafeEndpoint, message: "the host is an address where clouds hand out a machine's credentials",
                hint: "nothing of a job is there")
        }
        // A query means a signed link to one blob, which needs no credentials of ours.
        if isAzureHost(host), !rest.holds("?") {
            return .bucket(try azureBucket(host: host, percentDecoded(rest.dropFirst(authority.count + 1))))
        }
        return .web(url: Text(text.value, shown: Redaction.url(text.shown)))
    }

    private static func isAzureHost(_ host: String) -> Bool {
        let name = host.prefix { $0 != ":" }
        return [
            ".blob.core.windows.net", ".blob.core.chinacloudapi.cn", ".blob.core.usgovcloudapi.net",
            ".blob.core.cloudapi.de",
        ].contains { name.hasSuffix($0) } || (name.holds(".blob.") && name.hasSuffix(".storage.azure.net"))
    }

    private static func file(_ rest: Substring) throws(SourceProblem) -> SourceLocation {
        let (host, path) = cut(rest)
        guard host.isEmpty || host == "localhost" else {
            throw SourceProblem(
                code: .badValue, message: "file://\(host)/ names another machine",
                hint: "an absolute path needs three slashes: file:///\(host)/\(path)")
        }
        let decoded = try percentDecoded(path[...])
        guard !decoded.utf8.contains(0) else {
            throw SourceProblem(code: .badValue, message: "the path contains a NUL character")
        }
        return .file(path: Text("/" + decoded))
    }

    private static func hostFolder(_ rest: Substring) throws(SourceProblem) -> SourceLocation {
        let (id, path) = cut(rest)
        guard !id.isEmpty else {
            throw SourceProblem(code: .badValue, message: "no storage id in the URL", hint: "fs://STORAGE-ID/path")
        }
        guard !path.split(separator: "/").contains("..") else {
            throw SourceProblem(
                code: .badValue, message: "`..` would leave the folder of storage \(id)", hint: "remove it")
        }
        return .hostFolder(id: id, path: Text(path))
    }

    /// Nothing when it cannot be decoded to text.
    static func textDecoded(_ text: String) -> String? { try? percentDecoded(text[...]) }

    private static func percentDecoded(_ text: Substring) throws(SourceProblem) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(Substring(rest.prefix(2)))
            guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit), let value = UInt8(digits, radix: 16) else {
                throw SourceProblem(
                    code: .badValue, message: "% in a URL must be followed by two hexadecimal digits",
                    hint: "write %25 for a plain %")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw SourceProblem(code: .badValue, message: "the path is not UTF-8 once its %XX are decoded")
        }
        return decoded
    }
}
