import HTTP
import Platform

/// The identity of a virtual machine, from the metadata service that is at the same address in all of them.
struct AzureMachineIdentity {
    private static let variable = "AZURE_POD_IDENTITY_AUTHORITY_HOST"
    private static let usual = "http://169.254.169.254"
    private static let path = "/metadata/identity/oauth2/token"
    private static let version = "2018-02-01"

    let environment: AzureEnvironment

    private var machine: CredentialMachine { environment.machine }

    func find(_ client: String?) async throws(StoreError) -> CredentialFinding<AzureCredential> {
        var address = try place()
        let name = "managed identity at \(address.authority)"
        if let absence = try await absence(of: address, name) { return .nothing(.init(name, absence)) }
        address.query = AzureManagedIdentity.query(version: Self.version, client: client)
        var request = HTTPRequest(.get, address, headers: ["Metadata": "true"])
        request.usesProxy = false
        // It asks the identity service itself.
        request.answerMilliseconds = 5000
        var response = try await ask(request, name, .forMachineIdentity)
        if response.status == 410 { response = try await ask(request, name, .duringUpdate) }
        return try AzureManagedIdentity.finding(response, of: name, at: machine.now())
    }

    private func place() throws(StoreError) -> HTTPAddress {
        do throws(HTTPError) {
            var address = try HTTPAddress(parsing: environment[Self.variable] ?? Self.usual)
            while address.path.hasSuffix("/") { address.path.removeLast() }
            address.path += Self.path
            return address
        } catch {
            throw StoreError(.invalid, "\(Self.variable): \(error.message)")
        }
    }

    // MARK: Asking

    /// Why this is no machine of Azure's; nothing when it is one. A question without the header that it needs is refused at once
    /// there, so that most machines, where nobody answers, or another cloud does, need not be waited for.
    private func absence(of address: HTTPAddress, _ name: String) async throws(StoreError) -> String? {
        switch await probe(address) {
        case .success(let response):
            let isAzure =
                environment[Self.variable] != nil || [400, 410, 429].contains(response.status)
                || response.status >= 500
            return isAzure ? nil : "somebody else answers (status \(response.status)), so this is not Azure"
        case .failure(let error):
            guard !Task.isCancelled else { throw StoreError(error, name) }
            return "nobody answers (\(error.code == .cancelled ? "in time" : error.message))"
        case nil: throw StoreError(.cancelled, "\(name): cancelled")
        }
    }

    /// With an end, whatever is at that address.
    private func probe(_ address: HTTPAddress) async -> Result<HTTPResponse, HTTPError>? {
        await withTaskGroup(of: Result<HTTPResponse, HTTPError>?.self) { [machine] group in
            group.addTask {
                var request = HTTPRequest(.get, address)
                request.usesProxy = false
                var once = RetryPolicy()
                once.attempts = 1
                do throws(HTTPError) {
                    return .success(
                        try await machine.localClient.send(
                            request, to: PlainHTTPService(), retrying: once))
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                await AlarmClock.shared.pause(milliseconds: machine.patienceMilliseconds)
                return nil
            }
            // Whichever comes first; with the time the question ends as well.
            var outcome = await group.next() ?? nil
            group.cancelAll()
            if outcome == nil { outcome = await group.next() ?? nil }
            return outcome
        }
    }

    private func ask(
        _ request: HTTPRequest, _ name: String, _ policy: RetryPolicy
    ) async throws(StoreError) -> HTTPResponse {
        do throws(HTTPError) {
            return try await machine.localClient.send(request, to: PatientQuestion(), retrying: policy)
        } catch {
            throw StoreError(error, name)
        }
    }
}

/// The service may not know an identity yet (404), is being updated (410), or has too much to do.
private struct PatientQuestion: HTTPService {
    func prepare(_ request: HTTPRequest, attempt: Int) async throws(HTTPError) -> HTTPRequest { request }

    func judge(_ response: HTTPResponse, to request: HTTPRequest) async -> HTTPVerdict {
        [404, 410, 429].contains(response.status) || response.status >= 500 ? .busy : .final
    }
}

extension RetryPolicy {
    /// As Microsoft's own libraries do it: five more times within half a minute.
    fileprivate static var forMachineIdentity: RetryPolicy {
        var policy = RetryPolicy()
        policy.attempts = 6
        policy.baseMilliseconds = 800
        policy.longestMilliseconds = 12_800
        policy.longestAskedMilliseconds = 10_000
        policy.deadlineMilliseconds = 30_000
        return policy
    }

    /// An update takes up to 70 seconds, Microsoft says.
    fileprivate static var duringUpdate: RetryPolicy {
        var policy = RetryPolicy.forMachineIdentity
        policy.attempts = 40
        policy.longestMilliseconds = 5000
        policy.deadlineMilliseconds = 65_000
        return policy
    }
}
