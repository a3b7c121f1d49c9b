/// The header lines of a message, in their order. Names are found in any case.
///
/// They lie in one piece of memory, because every object of a copy brings a dozen of them, of which a few are looked at:
/// as texts each for itself they cost more than the request.
public struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    public struct Line: Sendable, Equatable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    private var packed = PackedHeaders()

    public init() {}

    public init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { add(name, value) }
    }

    public var lines: [Line] {
        var lines: [Line] = []
        packed.forEach { lines.append(Line($0)) }
        return lines
    }

    /// Those whose names begin so, which is given in lower case.
    public func lines(beginning prefix: StaticString) -> [Line] {
        let prefix = UnsafeRawBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount)
        var lines: [Line] = []
        packed.forEach { line in
            guard line.name.count >= prefix.count,
                PackedHeaders.areSame(UnsafeRawBufferPointer(rebasing: line.name[..<prefix.count]), prefix)
            else { return }
            lines.append(Line(line))
        }
        return lines
    }

    public mutating func add(_ name: String, _ value: String) {
        var (name, value) = (name, value)
        name.withUTF8 { name in
            value.withUTF8 { value in packed.append(UnsafeRawBufferPointer(name), UnsafeRawBufferPointer(value)) }
        }
    }

    mutating func add(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        packed.append(name, value)
    }

    public mutating func add(_ others: HTTPHeaders) {
        packed.append(others.packed)
    }

    /// The first of this name; setting it replaces all of them.
    public subscript(name: String) -> String? {
        get {
            var name = name
            return name.withUTF8 { packed.value(of: UnsafeRawBufferPointer($0)) }
        }
        set {
            var copy = name
            copy.withUTF8 { packed.remove(UnsafeRawBufferPointer($0)) }
            if let newValue { add(name, newValue) }
        }
    }

    /// An old way to go on with a value in the next line.
    mutating func continueLast(_ text: UnsafeRawBufferPointer) {
        packed.continueLast(text)
    }

    /// Calls `body` with each line, as curl wants it.
    func forEach(_ body: (PackedHeaders.Line) -> Void) {
        packed.forEach(body)
    }
}

extension HTTPHeaders.Line {
    fileprivate init(_ line: PackedHeaders.Line) {
        name = String(decoding: line.name, as: UTF8.self)
        value = String(decoding: line.value, as: UTF8.self)
    }
}
