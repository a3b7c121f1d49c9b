import Checksums
import HTTP
import Platform

extension S3Store {
    public func list(_ request: ListRequest) async throws(StoreError) -> ListPage {
        let task = "cannot list \(site.bucket)/\(request.prefix.shown)"
        let position = S3Position(request)
        var query: [(name: String, value: String?)] = [
            ("encoding-type", "url"), ("prefix", try text(request.prefix)),
            ("max-keys", request.limit.map { String(min($0, 1000)) }),
        ]
        if case .bySlash = request.grouping { query.append(("delimiter", "/")) }
        switch position {
        case .marker(let marker): query.append(("marker", try text(marker)))
        case .token(let token): query += [("list-type", "2"), ("continuation-token", token)]
        case .start(let after):
            // Where keys have another order, the server would leave out others.
            query += [("list-type", "2"), ("start-after", try capabilities.listsInOrder ? after.map(text) : nil)]
        }
        var message = self.request(.get, nil, query)
        // A page of the longest keys; usually it has a third of a megabyte.
        message.sink = .bytes(limit: 16 << 20)
        // Whether what is archived can be read at present.
        let asksForRestoration = facts.server == .amazon
        if asksForRestoration { message.headers["x-amz-optional-object-attributes"] = "RestoreStatus" }

        let response = try await send(message, task)
        let listing: S3Listing
        do throws(XMLProblem) {
            listing = try S3Listing(response.body, tellsRestoration: asksForRestoration)
        } catch {
            throw problem(error, task, response)
        }
        var page = listing.page
        page.next = S3Position.next(listing)
        // Going on would leave out keys.
        guard !listing.hasBrokenToken else {
            throw StoreError(.inputOutput, "\(task): the server cannot go on behind a key with control characters")
        }
        guard page.next != nil || !listing.isTruncated else {
            throw StoreError(
                .inputOutput, "\(task): the server has more than it says, and does not say where it goes on")
        }
        // Some servers tidy up what they are asked: `a//` becomes `a/`.
        page.objects.removeAll { !$0.key.hasPrefix(request.prefix) }
        page.prefixes.removeAll { !$0.hasPrefix(request.prefix) }
        // Of most objects nothing else is stated; whether it really is one only their own headers tell.
        if facts.server.tagsAreMD5 {
            for index in page.objects.indices
            where page.objects[index].checksumAlgorithm == nil && page.objects[index].version.md5 != nil {
                page.objects[index].checksumAlgorithm = .md5
            }
        }
        // Not every server knows where to start.
        if let after = request.after {
            page.objects.removeAll { $0.key <= after }
            page.prefixes.removeAll { $0 <= after && !after.hasPrefix($0) }
        }
        return page
    }

    private func text(_ key: ObjectKey) throws(StoreError) -> String {
        guard let text = key.exactText else {
            throw StoreError(.invalid, "\(key.shown): S3's keys are UTF-8")
        }
        return text
    }
}

/// Where a page begins. Tokens of our own say of what kind they are.
enum S3Position: Equatable {
    case start(after: ObjectKey?)
    case token(String)
    /// For servers that know only the first version of listing: behind this key, or behind this whole group.
    case marker(ObjectKey)

    private static let tokenMark = UInt8(ascii: "t")
    private static let markerMark = UInt8(ascii: "m")

    init(_ request: ListRequest) {
        guard let bytes = request.continuation?.bytes else {
            self = .start(after: request.after)
            return
        }
        if bytes.first == Self.markerMark {
            self = .marker(ObjectKey(bytes.dropFirst()))
        } else {
            self = .token(String(decoding: bytes.dropFirst(), as: UTF8.self))
        }
    }

    static func next(_ listing: S3Listing) -> ContinuationToken? {
        guard listing.isTruncated else { return nil }
        if let token = listing.nextToken { return ContinuationToken([tokenMark] + token.utf8) }
        // They say NextMarker only of groups; without them it is the last key.
        let last = [listing.nextMarker, listing.page.objects.last?.key, listing.page.prefixes.last].compactMap { $0 }
        guard let marker = listing.nextMarker ?? last.max() else { return nil }
        return ContinuationToken([markerMark] + marker.bytes)
    }
}
