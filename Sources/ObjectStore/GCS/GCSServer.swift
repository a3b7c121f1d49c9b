import Checksums
import HTTP

/// The programs that speak the JSON API, as far as what they do differs. One of them ignores what it does not know and says
/// yes, so that only what is known to work is used.
public enum GCSServer: Sendable, CaseIterable {
    case google
    /// What people test with, such as `fake-gcs-server`: it keeps objects, but hardly a condition.
    case emulator

    init(_ site: GCSSite) {
        let host = site.service.host
        self = host == "googleapis.com" || host.hasSuffix(".googleapis.com") ? .google : .emulator
    }

    /// Google's answers have a number of this kind, also where they come by another name.
    init(_ headers: HTTPHeaders) {
        self = headers["X-GUploader-UploadID"] == nil ? .emulator : .google
    }

    public var capabilities: StoreCapabilities {
        var can = StoreCapabilities()
        let isGoogle = self == .google
        can.conditionalPut = isGoogle
        can.conditionalCopy = isGoogle
        can.conditionalComplete = isGoogle
        can.conditionalDelete = isGoogle
        can.serverCopy = true
        can.partCopy = .objects
        can.maximumParts = GCSParts.most
        // Of the object, too; so whatever is there can be copied at once.
        can.maximumPut = 5 << 40
        can.maximumPartSize = 5 << 40
        can.checksums = isGoogle ? [.crc32c, .md5] : []
        can.keepsMetadata = true
        // The other makes each page of all there is.
        can.listsFromAnywhere = isGoogle
        return can
    }

    /// Whether a copy or a composition is refused when a source is not the generation that was asked for.
    var checksSources: Bool { self == .google }
    /// Whether what is put together in an object's place is another generation of it. The other leaves the number as it was, as if
    /// nothing had changed.
    var composesAnew: Bool { self == .google }
}
