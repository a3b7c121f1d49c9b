public import Platform

extension RawPath {
    /// The folder inside of a destination in which a copy is made ready, such as `.provision-2k8x0q.tmp`; or what looks like one.
    public var isOurStaging: Bool {
        let (start, end) = (Self.stagingPrefix.utf8, Self.stagingSuffix.utf8)
        guard bytes.first == start.first, bytes.starts(with: start), bytes.suffix(end.count).elementsEqual(end) else {
            return false
        }
        let number = bytes.dropFirst(start.count).dropLast(end.count)
        return (1...13).contains(number.count)
            && number.allSatisfy { $0.isDigit || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
    }

    /// The name of such a folder.
    public static func staging(_ number: UInt64) -> RawPath {
        RawPath(stagingPrefix + String(number, radix: 36) + stagingSuffix)
    }

    private static let stagingPrefix = ".provision-"
    private static let stagingSuffix = ".tmp"

    /// As files in such a folder are called: numbers, and parts of large objects.
    public var isInStaging: Bool { isPartial || !isEmpty && bytes.allSatisfy(\.isDigit) }

    /// A large object on its way, in such a folder; its notes have the same name with an ending.
    public var isPartial: Bool { bytes.starts(with: Self.partialPrefix.utf8) }

    public static let partialPrefix = "part-"

    /// The name directly below the destination that the path begins with.
    public var firstName: RawPath { RawPath(bytes.prefix { $0 != UInt8(ascii: "/") }) }
}

/// Items that are, directly below a destination, in folders which look like temporary ones of ours. They are copied like others.
/// But a source may have been saved together with what a killed copy had left, and comes back to where that still is: then
/// nobody can tell the one from the other any more.
struct Lookalikes {
    private(set) var names: Set<RawPath> = []
    private var items: [RawPath: SourceListing.Item] = [:]

    mutating func note(_ item: SourceListing.Item) {
        guard item.path.bytes.first == UInt8(ascii: "."), item.path.firstName.isOurStaging else { return }
        names.insert(item.path.firstName)
        items[item.path] = item
    }

    /// A folder in which something stands that a copy has left, and that is none of the items in its place.
    func leftover(in destination: borrowing OwnedDescriptor) -> RawPath? {
        for name in names.sorted() {
            guard let folder = try? OwnedDescriptor.open(name, in: destination, FileFlags.folder) else { continue }
            for file in (try? folder.names()) ?? [] where file.isInStaging {
                guard let entry = try? folder.entry(of: file) else { continue }
                if items[name.appending(file)]?.isInPlace(entry) != true { return name }
            }
        }
        return nil
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
