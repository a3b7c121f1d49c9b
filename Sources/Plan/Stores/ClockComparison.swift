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
    /// Reads the `Date` of whatever is answered to a request that names no bucket and that nobody has signed. Nothing where it
    /// is not known who would be asked.
    public func clock(of mount: Mount, now: @Sendable () -> Int = { Timestamp.secondsNow }) async -> ClockComparison? {
        let mount = mount.found(from: machine.home)
        guard case .bucket(let bucket)? = mount.sources.first?.location,
            let address = await service(of: bucket, mount)
        else { return nil }
        var request = HTTPRequest(
            .head, HTTPAddress(isSecure: address.isSecure, host: address.host, port: address.port))
        request.trust = trust(of: bucket, mount.access)
        var once = RetryPolicy()
        once.attempts = 1
        do throws(HTTPError) {
            let answer = try await client.send(request, to: PlainHTTPService(), retrying: once)
            guard let date = answer.headers["Date"].flatMap({ HTTPDate.seconds($0) }) else {
                return ClockComparison(endpoint: address.shown, outcome: .unknown("its answer has no date"))
            }
            return ClockComparison(endpoint: address.shown, outcome: .ahead(date - now()))
        } catch {
            return ClockComparison(endpoint: address.shown, outcome: .unknown(error.message))
        }
    }

    private func service(of bucket: BucketLocation, _ mount: Mount) async -> HTTPAddress? {
        let access = mount.access
        switch bucket.store {
        case .gcs where !mount.hasGoogleHMACKeys: return googleService(access)
        case .azure: return try? await azureSite(bucket, of: mount).site.service
        default:
            guard let place = try? S3Place(bucket, access).place else { return nil }
            let usual = bucket.store == .s3 ? configuration.namedRegion(profile: access.profile)?.name : nil
            let site = S3Site(place, bucket: bucket.bucket)
            let endpoint = site.endpoint(region: site.region(stated: access.region, usual: usual))
            return HTTPAddress(
                isSecure: endpoint.isSecure, host: endpoint.host, port: endpoint.port, path: endpoint.basePath)
        }
    }
}
