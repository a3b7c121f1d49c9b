import HTTP

/// A token that a service gives to whoever asks for it with the right headers, as that of Azure's machines and of GitHub do.
struct GoogleSubjectService: GoogleSubjectSource {
    private let name: String
    private let address: HTTPAddress
    private let headers: HTTPHeaders
    private let format: GoogleSubjectFormat

    init(_ source: GoogleCredentialsFile) throws(StoreError) {
        guard let address = try source.nearOrSecureAddress("url") else { throw source.problem(of: "url", "is missing") }
        name = source.name
        self.address = address
        var headers: HTTPHeaders = [:]
        for (name, value) in try source.pairs("headers") { headers[name] = value }
        self.headers = headers
        format = try GoogleSubjectFormat(source)
    }

    func token(on machine: CredentialMachine) async throws(StoreError) -> String {
        let place = "\(name): the subject token from \(address.authority)"
        var request = HTTPRequest(.get, address, headers: headers)
        request.answerMilliseconds = 10_000
        let isNear = address.isOfThisMachine || address.isLinkLocal
        request.usesProxy = !isNear
        let client = isNear ? machine.localClient : machine.client
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await client.send(request, to: PlainHTTPService(), retrying: .forCredentials)
        } catch {
            throw StoreError(error, place)
        }
        guard response.isSuccess else {
            let isBusy = response.status == 429 || response.status >= 500
            throw StoreError(
                isBusy ? .unreachable : .denied, "\(place): the answer has status \(response.status)",
                status: response.status)
        }
        return try format.token(in: response.body, place)
    }
}
