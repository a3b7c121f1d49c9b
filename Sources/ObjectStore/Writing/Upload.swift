public import Checksums

public struct UploadOptions: Sendable, Equatable {
    public var metadata: ObjectMetadata
    /// With which the parts will come, if with any; some stores must know it from the beginning.
    public var checksum: Checksum.Algorithm?

    public init(metadata: ObjectMetadata = .init(), checksum: Checksum.Algorithm? = nil) {
        self.metadata = metadata
        self.checksum = checksum
    }
}

/// An object that comes in parts. It is plain data, so that a journal can hold it and another process go on with it.
public struct Upload: Sendable, Equatable {
    public var key: ObjectKey
    /// The store's name for it.
    public var id: String
    /// Kept here, because some stores want them with the last call and not with the first.
    public var options: UploadOptions

    public init(key: ObjectKey, id: String, options: UploadOptions) {
        self.key = key
        self.id = id
        self.options = options
    }
}

/// A part that is stored; plain data like `Upload`.
public struct UploadedPart: Sendable, Equatable {
    public var number: Int
    public var size: Int
    /// The store's mark of its content: an ETag or a block's name.
    public var tag: String
    public var checksum: Checksum?

    public init(number: Int, size: Int, tag: String, checksum: Checksum? = nil) {
        self.number = number
        self.size = size
        self.tag = tag
        self.checksum = checksum
    }
}

/// By what an object that is made of parts is known again, when nobody has heard that it was made and no other facts tell.
public struct ObjectMark: Sendable, Equatable {
    public let text: String

    public init(_ text: String) {
        self.text = text
    }
}

extension [UploadedPart] {
    /// An object is made of one part at least, and of each number once.
    func checkOrder(_ task: String) throws(StoreError) {
        guard !isEmpty, zip(self, dropFirst()).allSatisfy({ $0.number < $1.number }) else {
            throw StoreError(.invalid, "\(task): its parts are none, or out of order")
        }
    }
}
