import HTTP
import Platform

/// Where an answer sends us, and whether we go. curl is never asked to: it would take headers along.
enum WebRedirects {
    /// In a row; browsers and tools allow between 10 and 50.
    static let most = 10

    /// The address to ask next; nothing when this is the answer.
    static func next(
        after response: HTTPResponse, from place: HTTPAddress, _ task: String
    ) throws(StoreError) -> HTTPAddress? {
        guard [301, 302, 303, 307, 308].contains(response.status) else { return nil }
        guard let location = response.headers["Location"] else {
            throw StoreError(
                .inputOutput, "\(task): the server redirects (status \(response.status)) without saying where",
                status: response.status)
        }
        let next: HTTPAddress
        do throws(HTTPError) {
            next = try place.resolving(location)
        } catch {
            throw refusal("to \(error.message)", response, task)
        }
        // Whoever listens on the way could put another file in its place.
        guard next.isSecure || !place.isSecure else {
            throw refusal("from https to http, which is not followed", response, task)
        }
        guard !next.isLinkLocal else {
            throw refusal(
                "to an address where clouds hand out a machine's credentials, which is not followed", response, task)
        }
        return next
    }

    private static func refusal(_ what: String, _ response: HTTPResponse, _ task: String) -> StoreError {
        StoreError(.unsupported, "\(task): the server redirects \(what)", status: response.status)
    }

    /// Scheme, host and port: what headers of a task may go to.
    static func origin(of address: HTTPAddress) -> String {
        ((address.isSecure ? "https://" : "http://") + address.authority.lowercased()).printable
    }
}
