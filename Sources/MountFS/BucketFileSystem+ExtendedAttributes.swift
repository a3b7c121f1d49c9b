import Glibc
import ObjectStore
import Platform

extension BucketFileSystem {
    public func extendedAttribute(_ name: UnsafeRawBufferPointer, of node: NodeID, _ reply: Reply<[UInt8]>) {
        tree.extendedAttribute(String(decoding: name, as: UTF8.self), of: node, reply)
    }

    public func extendedAttributeNames(of node: NodeID, _ reply: Reply<[[UInt8]]>) {
        tree.extendedAttributeNames(of: node, reply)
    }
}

/// User metadata are extended attributes `user.NAME`. What the store knows beyond them has names that are answered but not
/// listed, so that programs which copy attributes leave them alone.
extension BucketTree {
    private static let userPrefix = "user."
    private static let ownPrefix = "provision."

    func extendedAttribute(_ name: String, of node: NodeID, _ reply: Reply<[UInt8]>) {
        let isUsers = name.hasPrefix(Self.userPrefix)
        // Also so that programs stop asking for access lists and the like, which they do for every file.
        guard isUsers || name.hasPrefix(Self.ownPrefix) else {
            return _ = reply.fail(SystemError(code: EOPNOTSUPP))
        }
        let isKnownByListings = ["provision.key", "provision.etag"].contains(name)
        withFacts(
            of: node, needsDetails: !isKnownByListings,
            { [self] place, facts, _, state -> Result<[UInt8], SystemError> in
                // Another one has its name now.
                guard let key = key(of: place, state) else { return .failure(.notThere) }
                let value: [UInt8]? =
                    switch name {
                    case "provision.key": key.bytes
                    case "provision.etag": (facts.version?.text.utf8).map(Array.init)
                    case "provision.content-type": (facts.details?.contentType?.utf8).map(Array.init)
                    case "provision.storage-class": (facts.details?.storageClass?.utf8).map(Array.init)
                    default:
                        isUsers ? facts.details?.value(of: name.dropFirst(Self.userPrefix.utf8.count)) : nil
                    }
                return value.map { .success($0) } ?? .failure(.noSuchAttribute)
            }, then: { reply.give($0) })
    }

    func extendedAttributeNames(of node: NodeID, _ reply: Reply<[[UInt8]]>) {
        withFacts(
            of: node, needsDetails: true,
            { _, facts, _, _ -> Result<[[UInt8]], SystemError> in
                .success(facts.details?.others.map { Array("\(Self.userPrefix)\($0.name)".utf8) } ?? [])
            }, then: { reply.give($0) })
    }
}

extension ObjectDetails {
    fileprivate func value(of name: Substring) -> [UInt8]? {
        others.first { $0.name == name }.map { Array($0.value.utf8) }
    }
}
