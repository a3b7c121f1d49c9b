import HTTP
import JSON
import Platform
import Signing

/// Who this machine is at Amazon, proven by a signed question to Amazon's token service who asks: Google asks it.
struct GoogleSubjectOfAmazon: GoogleSubjectSource {
    private let name: String
    private let audience: String
    /// The question, with `{region}` for where.
    private let question: String
    private let file: GoogleCredentialsFile
    /// Where the instance says in which zone it is.
    private let zone: HTTPAddress?
    /// Where its metadata service is, when the file names it.
    private let metadata: HTTPAddress?

    init(_ source: GoogleCredentialsFile, _ subject: GoogleSubject) throws(StoreError) {
        guard try source.text("environment_id") == "aws1" else {
            throw source.problem(of: "environment_id", "is not aws1, the only one there is")
        }
        name = source.name
        file = source
        audience = subject.audience
        question = try source.text("regional_cred_verification_url")
        zone = try source.metadataAddress("region_url")
        let keys = try source.metadataAddress("url")
        metadata = try source.metadataAddress("imdsv2_session_token_url") ?? keys ?? zone
        for address in [keys, zone] where address != nil && address?.authority != metadata?.authority {
            throw source.problem("region_url, url and imdsv2_session_token_url are not on one host")
        }
        _ = try address(in: .global)
    }

    func token(on machine: CredentialMachine) async throws(StoreError) -> String {
        let machine = machineOfMetadata(machine)
        do throws(StoreError) {
            let configuration = await AWSConfiguration.read(on: machine)
            let region = try await region(machine, configuration)
            var request = AWSCredentialRequest(owner: name)
            request.mayUseMachine = true
            request.isForBucket = false
            request.region = region.name
            let chain = AWSCredentialChain(request: request, machine: machine) { _ in }
            guard let keys = try await chain.search().found?.value else {
                throw StoreError(.noCredentials, "there are no AWS credentials")
            }
            return try signed(region, keys, at: machine.now())
        } catch {
            var error = error
            error.message = "\(name): the subject token of AWS: \(error.message)"
            throw error
        }
    }

    /// The operator's environment has the last word about where the metadata service is.
    private func machineOfMetadata(_ machine: CredentialMachine) -> CredentialMachine {
        let variable = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
        guard let metadata, machine.environment.nonEmpty(variable) == nil else { return machine }
        var machine = machine
        machine.environment = machine.environment.adding([variable: "http://\(metadata.authority)"])
        return machine
    }

    private func region(
        _ machine: CredentialMachine, _ configuration: AWSConfiguration
    ) async throws(StoreError) -> AWSRegion {
        let text: String
        if let named = configuration.namedRegion() {
            text = named.name
        } else if let zone {
            let metadata = AWSInstanceMetadata(machine: machine, configuration: configuration)
            let found = try await metadata.text(at: zone.path)
            // A zone is named after its region, with a letter behind.
            text = String(found.last?.isLetter == true ? found.dropLast() : found[...])
        } else {
            throw StoreError(.noCredentials, "no region: AWS_REGION is not set, and the file has no region_url")
        }
        guard let region = AWSRegion(text) else {
            throw StoreError(.invalid, "\(text.printable) is no region of Amazon's")
        }
        return region
    }

    // MARK: The question

    /// Where Google is to ask. Of no other question is a signature given away.
    private func address(in region: AWSRegion) throws(StoreError) -> HTTPAddress {
        let field = "regional_cred_verification_url"
        let address: HTTPAddress
        do throws(HTTPError) {
            address = try HTTPAddress(parsing: question.replacing("{region}", with: region.name))
        } catch {
            throw file.problem(of: field, "cannot be used: \(error.message)")
        }
        let host = address.host.lowercased()
        let items = [QueryItem](encoded: address.query)
        guard address.isSecure, host.hasPrefix("sts.") || host.hasPrefix("sts-fips."),
            AWSPartition.hasHost(host), items.contains(QueryItem("Action", "GetCallerIdentity"))
        else {
            throw file.problem(
                of: field, "is no question to Amazon's token service who asks (https://sts.…?Action=GetCallerIdentity)")
        }
        return address
    }

    private func signed(_ region: AWSRegion, _ keys: AWSCredentials, at time: Int) throws(StoreError) -> String {
        let address = try address(in: region)
        // Signed as well, so that nobody shows it to another provider.
        let resource = [(name: "x-goog-cloud-target-resource", value: audience)]
        let request = SignableRequest(
            method: "POST", host: address.authority, path: address.path, query: [QueryItem](encoded: address.query),
            headers: resource)
        let headers =
            [(name: "host", value: address.authority)] + resource
            + SigV4(region: region.name, service: "sts").headers(for: request, credentials: keys, at: time)
        let document: JSONValue = [
            "url": .string(address.text), "method": "POST",
            "headers": .array(headers.map { ["key": .string($0.name), "value": .string($0.value)] }),
        ]
        return PercentEncoding.component(document.compact)
    }
}

extension GoogleCredentialsFile {
    /// Metadata services are in the machine.
    fileprivate func metadataAddress(_ field: String) throws(StoreError) -> HTTPAddress? {
        guard let address = try nearOrSecureAddress(field) else { return nil }
        guard address.isLinkLocal || address.isOfThisMachine else {
            throw problem(of: field, "leads to \(address.host.printable), where no metadata service of a machine is")
        }
        return address
    }
}
