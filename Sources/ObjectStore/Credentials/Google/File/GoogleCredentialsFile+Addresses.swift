import HTTP
import Platform

/// Where the addresses lead that stand in a file. Whoever can write one could have what goes there sent to himself.
extension GoogleCredentialsFile {
    /// What is sent to an address.
    enum Sent {
        /// Secrets that stand in the file itself: whoever has written it has them already.
        case itsOwn
        /// What says who this machine or an account is.
        case identity
    }

    func address(
        _ field: String, usually usual: String? = nil, for sent: Sent
    ) throws(StoreError) -> HTTPAddress {
        guard let text = try optionalText(field) ?? usual else { throw problem(of: field, "is missing") }
        let address = try parsed(text, field)
        // Tests of operators have their services here.
        if isOperators, address.isOfThisMachine { return address }
        guard address.isSecure else { throw problem(of: field, "is no https URL, and is told secrets") }
        switch sent {
        case .identity:
            guard address.isGoogles else {
                throw problem(
                    of: field,
                    "leads to \(address.host.printable), which is none of Google's hosts (googleapis.com): only those are told"
                        + " who somebody is")
            }
        case .itsOwn:
            guard !address.isOfThisMachine, !address.isLinkLocal else {
                throw problem(of: field, "leads to \(address.host.printable), which only a file of the operator's may")
            }
        }
        return address
    }

    /// An address that something is asked of; others could listen on the way when it is neither https nor near.
    func nearOrSecureAddress(_ field: String) throws(StoreError) -> HTTPAddress? {
        guard let text = try optionalText(field) else { return nil }
        let address = try parsed(text, field)
        guard address.isSecure || address.isOfThisMachine || address.isLinkLocal else {
            throw problem(of: field, "is neither an https URL nor one of this machine")
        }
        return address
    }

    private func parsed(_ text: String, _ field: String) throws(StoreError) -> HTTPAddress {
        do throws(HTTPError) {
            return try HTTPAddress(parsing: text)
        } catch {
            throw problem(of: field, "cannot be used: \(error.message)")
        }
    }
}

extension HTTPAddress {
    fileprivate var isGoogles: Bool {
        let host = host.lowercased()
        return host.hasSuffix(".googleapis.com") || host == "accounts.google.com"
    }
}
