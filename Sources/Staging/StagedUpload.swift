public import JSON

/// An object that comes in parts, as far as it has come: plain data, with which another process can go on.
public struct StagedUpload: Sendable, Equatable {
    /// What the store calls it, in the words of whoever talks to the store.
    public var description: JSONValue
    /// By number.
    public var parts: [Int: StagedPart] = [:]

    public init(_ description: JSONValue) {
        self.description = description
    }
}

/// A part that the store has.
public struct StagedPart: Sendable, Equatable {
    public var number: Int
    /// What of the file it is.
    public var range: Range<Int>
    /// As `StagedUpload.description`.
    public var description: JSONValue

    public init(number: Int, range: Range<Int>, _ description: JSONValue) {
        self.number = number
        self.range = range
        self.description = description
    }
}

/// A version that was sent to the bucket whole, in words by which it is known there.
public struct StagedAttempt: Sendable, Equatable {
    public let number: Int
    public let description: JSONValue

    public init(number: Int, _ description: JSONValue) {
        self.number = number
        self.description = description
    }
}
