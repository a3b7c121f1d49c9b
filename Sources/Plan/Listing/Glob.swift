public import Platform

/// A pattern for paths relative to a source, as in .gitignore: without a slash in it, it means a name at any depth; with one, a
/// path from the source's root; with one at the end, only folders. `*` and `?` stop at slashes, `**` does not.
public struct Glob: Sendable, Equatable {
    fileprivate enum Part: Sendable, Equatable {
        case byte(UInt8)
        /// Any one byte but a slash.
        case one
        /// Any bytes but slashes.
        case some
        /// Any bytes.
        case any
        /// Any folders, each with its slash, or none.
        case folders
        case set([ClosedRange<UInt8>], isNegated: Bool)
    }

    private let parts: [Part]
    private let meansNames: Bool
    public let meansFolders: Bool

    public init(_ pattern: String) {
        var bytes = Array(pattern.utf8)[...]
        meansFolders = bytes.last == UInt8(ascii: "/")
        if meansFolders { bytes = bytes.dropLast() }
        let isAnchored = bytes.first == UInt8(ascii: "/")
        if isAnchored { bytes = bytes.dropFirst() }
        meansNames = !isAnchored && !bytes.contains(UInt8(ascii: "/"))
        parts = Self.parts(of: bytes)
    }

    public func matches(_ path: RawPath, isFolder: Bool) -> Bool {
        guard isFolder || !meansFolders else { return false }
        return Self.matches(parts[...], (meansNames ? path.lastComponent.bytes : path.bytes)[...])
    }

    private static func parts(of pattern: ArraySlice<UInt8>) -> [Part] {
        var parts: [Part] = []
        var rest = pattern
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "*") where rest.first == UInt8(ascii: "*"):
                rest = rest.drop { $0 == UInt8(ascii: "*") }
                // `a/**/b` means `a/b` as well, but not `a/xb`.
                let isBetween =
                    rest.first == UInt8(ascii: "/")
                    && (parts.isEmpty || parts.last == .byte(UInt8(ascii: "/")) || parts.last == .folders)
                if isBetween { rest = rest.dropFirst() }
                parts.append(isBetween ? .folders : .any)
            case UInt8(ascii: "*"): parts.append(.some)
            case UInt8(ascii: "?"): parts.append(.one)
            case UInt8(ascii: "["):
                if let (set, after) = set(from: rest) {
                    parts.append(set)
                    rest = after
                } else {
                    parts.append(.byte(byte))
                }
            case UInt8(ascii: "\\"): parts.append(.byte(rest.popFirst() ?? byte))
            default: parts.append(.byte(byte))
            }
        }
        return parts
    }

    private static func set(from text: ArraySlice<UInt8>) -> (Part, rest: ArraySlice<UInt8>)? {
        var rest = text
        let isNegated = rest.first == UInt8(ascii: "!") || rest.first == UInt8(ascii: "^")
        if isNegated { rest = rest.dropFirst() }
        var ranges: [ClosedRange<UInt8>] = []
        while let low = rest.popFirst() {
            if low == UInt8(ascii: "]") && !ranges.isEmpty { return (.set(ranges, isNegated: isNegated), rest) }
            let pair = rest.prefix(2)
            if pair.count == 2, pair.first == UInt8(ascii: "-"), let high = pair.last, high != UInt8(ascii: "]"),
                high >= low
            {
                ranges.append(low...high)
                rest = rest.dropFirst(2)
            } else {
                ranges.append(low...low)
            }
        }
        return nil
    }

    /// Remembers where the last star stood and goes back only there, so that no pattern takes more than quadratic time;
    /// `**` is the outer of two such places.
    private static func matches(_ parts: ArraySlice<Part>, _ text: ArraySlice<UInt8>) -> Bool {
        var part = parts.startIndex
        var index = text.startIndex
        var star: (part: Int, index: Int)?
        var doubleStar: (part: Int, index: Int, isFolders: Bool)?
        while true {
            if part == parts.endIndex && index == text.endIndex { return true }
            if part < parts.endIndex {
                switch parts[part] {
                case .any, .folders:
                    doubleStar = (part + 1, index, parts[part] == .folders)
                    star = nil
                    part += 1
                    continue
                case .some:
                    star = (part + 1, index)
                    part += 1
                    continue
                case let single where index < text.endIndex && single.takes(text[index]):
                    part += 1
                    index += 1
                    continue
                default: break
                }
            }
            if let last = star, last.index < text.endIndex, text[last.index] != UInt8(ascii: "/") {
                star = (last.part, last.index + 1)
                (part, index) = (last.part, last.index + 1)
            } else if let last = doubleStar,
                let next = text[last.index...].firstIndex(where: { !last.isFolders || $0 == UInt8(ascii: "/") })
            {
                doubleStar?.index = next + 1
                star = nil
                (part, index) = (last.part, next + 1)
            } else {
                return false
            }
        }
    }
}

extension Glob.Part {
    fileprivate func takes(_ byte: UInt8) -> Bool {
        switch self {
        case .byte(let own): own == byte
        case .one: byte != UInt8(ascii: "/")
        case .set(let ranges, let isNegated):
            byte != UInt8(ascii: "/") && ranges.contains { $0.contains(byte) } != isNegated
        case .some, .any, .folders: false
        }
    }
}
