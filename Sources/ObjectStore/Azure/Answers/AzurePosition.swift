import Platform
import Signing

/// Where a page of a listing begins, and what of the page before it is still to be said.
///
/// A folder `a/b` may be marked by an object `a/b`, which comes before `a/b!`, and it is shown as `a/b/`, which comes behind
/// that: it is held back until its place has come, which may be on a later page.
struct AzurePosition: Equatable {
    /// As the service calls it.
    var marker: String?
    var folders: [ObjectKey] = []

    private static let end = UInt8(ascii: "\n")
    private static let separator = UInt8(ascii: ",")

    init(_ request: ListRequest) {
        guard let bytes = request.continuation?.bytes else { return }
        let parts = bytes.split(separator: Self.end, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return }
        folders = parts[0].split(separator: Self.separator).compactMap { text in
            PercentEncoding.decoded(String(decoding: text, as: UTF8.self)).map { ObjectKey($0) }
        }
        marker = String(decoding: parts[1], as: UTF8.self)
    }

    /// Puts folders into the page that have their place there; the token goes on with the others.
    static func finish(_ listing: AzureListing, _ request: ListRequest) -> ListPage {
        var page = ListPage()
        page.objects = listing.objects
        page.prefixes = listing.prefixes
        guard !request.showsFolders else { return all(listing, page) }
        var waiting = AzurePosition(request).folders + listing.folders.map { $0 + "/" }
        if let marker = listing.marker {
            let last = [listing.objects.last?.key, listing.prefixes.last, listing.folders.last].compactMap { $0 }.max()
            let held = waiting.filter { folder in last.map { folder > $0 } ?? true }
            waiting.removeAll { held.contains($0) }
            page.next = AzurePosition(marker: marker, folders: held).token
        }
        for folder in waiting where !page.hasContent(of: folder) { page.prefixes.append(folder) }
        page.prefixes.sort()
        return page
    }

    /// With all folders that the service has on it.
    private static func all(_ listing: AzureListing, _ page: ListPage) -> ListPage {
        var page = page
        page.objects += listing.markers.map { marker in
            var folder = marker.unmarked
            folder.key = marker.key + "/"
            return folder
        }
        page.objects.sort { $0.key < $1.key }
        page.next = listing.marker.map { AzurePosition(marker: $0, folders: []).token }
        return page
    }

    private init(marker: String, folders: [ObjectKey]) {
        self.marker = marker
        self.folders = folders
    }

    private var token: ContinuationToken {
        let folders = folders.map { PercentEncoding.component($0.bytes) }.joined(separator: ",")
        return ContinuationToken(Array("\(folders)\n\(marker ?? "")".utf8))
    }
}

extension ListPage {
    /// Whether the folder is there without a marker.
    fileprivate func hasContent(of folder: ObjectKey) -> Bool {
        prefixes.contains(folder) || objects.contains { $0.key.hasPrefix(folder) }
    }
}
