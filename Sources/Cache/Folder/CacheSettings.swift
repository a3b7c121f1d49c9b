import JSON
import Platform

/// What was asked of a cache last, kept in its folder: for who looks after it while nobody uses it.
struct CacheSettings {
    var limits: CacheLimits

    init(_ limits: CacheLimits) {
        self.limits = limits
    }

    /// Of a folder that says nothing that can be read, the usual ones.
    init(of folder: CacheFolder) {
        limits = CacheLimits()
        guard let root = try? folder.now(),
            let file = try? OwnedDescriptor.open("limits", in: root.file, FileFlags.read),
            let json = (try? file.bytes(4096, at: 0)).flatMap({ try? JSONValue(reading: $0) }),
            let size = json["size"]?.wholeNumber
        else { return }
        limits = CacheLimits(size: size, maxAge: json["max_age"]?.wholeNumber.map { TimeSpan(milliseconds: $0) })
    }

    func write(to folder: CacheFolder) throws(SystemError) {
        let json = JSONValue.object([
            .init("size", .integer(limits.size)), .init("max_age", .integer(limits.maxAge?.milliseconds ?? 0)),
        ])
        try folder.now().file.replace("limits", with: Array(json.pretty.utf8), mode: 0o600)
    }
}
