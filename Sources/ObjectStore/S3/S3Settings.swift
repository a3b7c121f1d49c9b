public import HTTP

/// What users say of a bucket beside where it is.
public struct S3Settings: Sendable {
    /// Nothing: it is found out.
    public var region: String?
    /// Where to look first; the bucket knows better.
    public var usualRegion: String?
    /// Reads are paid by who reads.
    public var requesterPays = false
    /// Of every request.
    public var headers: HTTPHeaders = [:]
    /// Of what is written: a canned ACL, a storage class, and an encryption (`AES256`, `aws:kms`) with its key.
    public var acl: String?
    public var storageClass: String?
    public var serverSideEncryption: String?
    public var kmsKeyID: String?
    public var trust = TLSTrust.system
    /// Nothing: it is told by the service, or by its answers.
    public var server: S3Server?

    public init() {}

    /// The headers of a request that makes an object.
    var headersOfWrites: HTTPHeaders {
        var headers: HTTPHeaders = [:]
        headers["x-amz-acl"] = acl
        headers["x-amz-storage-class"] = storageClass
        headers["x-amz-server-side-encryption"] = serverSideEncryption ?? kmsKeyID.map { _ in "aws:kms" }
        headers["x-amz-server-side-encryption-aws-kms-key-id"] = kmsKeyID
        return headers
    }
}
