import HTTP
import ObjectStore
public import Platform
public import TaskFile

/// How this machine's clock stands to that of who is asked for a bucket.
public struct ClockComparison: Sendable {
    /// Who is asked, for people.
    public var endpoint: String
    public var outcome: Outcome

    public enum Outcome: Sendable {
        /// By how many seconds the server's clock is ahead of this machine's.
        case ahead(Int)
        /// Why it is not known.
        case unknown(String)
    }
}

extension CloudStores {
    /// Reads the `Date` of whatever is answered to a request that names no bucket and that nobody has signed. Nothing for
    /// what is no place of S3's kind.
    public func clock(of mount: Mount, now: @Sendable () -> Int = { Timestamp.secondsNow }) async -> ClockComparison? {
        guard case .bucket(let bucket)? = mount.sources.first?.location,
            let place = try? S3Place(bucket, mount.access).place
        else { return nil }
        let named = mount.access.region ?? configuration.namedRegion(profile: mount.access.profile)?.name
        let region = named ?? "us-east-1"
        let endpoint = S3Site(place, bucket: bucket.bucket).endpoint(region: region)
        var request = HTTPRequest(
            .head, HTTPAddress(isSecure: endpoint.isSecure, host: endpoint.host, port: endpoint.port))
        request.trust = mount.access.trust
        var once = RetryPolicy()
        once.attempts = 1
        do throws(HTTPError) {
            let answer = try await client.send(request, to: PlainHTTPService(), retrying: once)
            guard let date = answer.headers["Date"].flatMap({ HTTPDate.seconds($0) }) else {
                return ClockComparison(endpoint: endpoint.url, outcome: .unknown("its answer has no date"))
            }
            return ClockComparison(endpoint: endpoint.url, outcome: .ahead(date - now()))
        } catch {
            return ClockComparison(endpoint: endpoint.url, outcome: .unknown(error.message))
        }
    }
}
