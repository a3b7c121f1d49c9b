public import Signing

/// Credentials that sign requests; nothing: they are not signed.
public protocol AWSCredentialSource: CredentialSource where Credential == AWSCredentials {}

public typealias FixedCredentials = FixedSource<AWSCredentials>

extension FixedSource: AWSCredentialSource where Credential == AWSCredentials {}
