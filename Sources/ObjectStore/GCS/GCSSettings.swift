public import HTTP
import Platform

/// What users say of a bucket beside where it is.
public struct GCSSettings: Sendable {
    /// The project that pays for requests, where whoever asks has to.
    public var userProject: String?
    /// Of every request.
    public var headers: HTTPHeaders = [:]
    /// Of what is written: a predefined ACL, a storage class, and the name of a key that encrypts it.
    public var acl: String?
    public var storageClass: String?
    public var kmsKeyName: String?
    public var trust = TLSTrust.system
    /// Nothing: it is found out, by its host's name and by how it answers.
    public var server: GCSServer?
    /// What all names begin with that the parts of unfinished objects have. It is in no listing of ours, and no key can reach it.
    public var partsPrefix: ObjectKey = ".provision-parts/"

    public init() {}
}
