import HTTP
import Platform

extension WebStore {
    public func stat(_ key: ObjectKey) async throws(StoreError) -> ObjectInfo {
        let task = "cannot look at \(key.shown)"
        try check(key, task)
        let response = try await send(.head, task)
        if response.status == 200, let size = Self.length(response.headers) {
            let offersRanges = response.headers["Accept-Ranges"]?.lowercased().contains("bytes") ?? false
            facts.hasRanges = offersRanges && WebVersion.strongTag(response.headers) != nil
            return info(response.headers, size: size)
        }
        // Signed links are often for GET alone, some servers refuse HEAD, and others do not say the size there.
        guard [200, 403, 405, 501].contains(response.status) else { throw failure(response, task) }
        return try await lookByReading(task)
    }

    /// Asks for one byte, and looks at what is said beside it.
    private func lookByReading(_ task: String) async throws(StoreError) -> ObjectInfo {
        let response = try await send(.get, task) { request in
            request.headers["Range"] = "bytes=0-0"
            request.accept = { head in [200, 206].contains(head.status) ? .sink(limit: 1) : .keep }
        }
        let headers = response.headers
        switch response.status {
        case 200:
            facts.hasRanges = false
            return info(headers, size: Self.length(headers))
        case 206:
            guard let answer = try? RangeAnswer(response.head, ReadRange(from: 0, count: 1)) else {
                throw StoreError(.inputOutput, "\(task): the server sends a range and does not say which")
            }
            facts.hasRanges = WebVersion.strongTag(headers) != nil
            return info(headers, size: answer.size)
        // Of an empty file there is no first byte.
        case 416 where RangeAnswer.size(ofUnsatisfied: headers) == 0:
            return info(headers, size: 0)
        default: throw failure(response, task)
        }
    }

    func failure(_ response: HTTPResponse, _ task: String) -> StoreError {
        WebFailure.error(response, task, expiry: expiry, now: now())
    }

    /// The one object, if it is asked for.
    public func list(_ request: ListRequest) async throws(StoreError) -> ListPage {
        var page = ListPage()
        guard key.hasPrefix(request.prefix), request.after.map({ $0 < key }) ?? true else { return page }
        if let found = try await statIfAny(key) { page.objects = [found] }
        return page
    }

    /// What headers say of the file. One that nobody dates, but whose ETag tells its versions apart, gets the same time each
    /// time, so that it is not copied again for that alone; else the time is that of asking.
    func info(_ headers: HTTPHeaders, size: Int?) -> ObjectInfo {
        let undated = WebVersion.strongTag(headers) == nil ? now() : 0
        var info = ObjectInfo(
            key: key, size: size ?? 0,
            modified: FileTime(seconds: WebVersion.modified(headers) ?? undated, nanoseconds: 0),
            version: WebVersion.version(headers), metadata: ObjectMetadata(contentType: headers["Content-Type"]))
        info.hasUnknownSize = size == nil
        info.suggestedName = ContentDisposition.name(headers["Content-Disposition"])
        return info
    }

    private static func length(_ headers: HTTPHeaders) -> Int? {
        headers["Content-Length"].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
    }
}
