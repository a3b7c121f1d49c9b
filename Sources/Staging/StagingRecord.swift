public import JSON

/// One thing that happened to a staged file. In their order the records say all that is known of it, see `StagedState`.
public enum StagingRecord: Sendable, Equatable {
    /// The file begins as this; also what has happened until now, in short.
    case began(StagedState)
    case wrote(Range<Int>)
    case resized(Int)
    /// What the sealed version has there can be written over now.
    case putAside(Range<Int>)
    /// The file is whole as it is now: this version may be uploaded, also by whoever comes after a crash.
    case sealed
    case named(JSONValue?)
    case described(JSONValue)
    /// Who has it open.
    case held(JSONValue)
    /// An object in parts was begun. Parts of an earlier one are worth nothing.
    case uploadBegan(JSONValue)
    /// A part of this number is sent again: what the store has under it from now on nobody knows.
    case sending(Int)
    /// A part is in the store: of the sealed version, or of the file as it is now if there is none.
    case sent(StagedPart)
    /// The object in parts is not there any more.
    case uploadEnded
    /// The sealed version of this number is on its way into the bucket, where it may come also when nobody hears of it; by this it
    /// is known there.
    case attempted(StagedAttempt)
    /// The sealed version of this number is in the bucket, as this object.
    case settled(Int, JSONValue)
    /// The object has become this one, with the same bytes: under another key or with other attributes.
    case rebased(JSONValue)
    /// Both at once: it has another name, and with it is another object.
    case moved(JSONValue, JSONValue)
    /// These bytes are in the store, as a part, and not on the disk any more.
    case letGo(Range<Int>)
}
