import Cache
import Platform
import TestSupport

/// `cache-writer FOLDER SIZE SEED [ROUNDS]` reads pieces of made-up objects through a cache as mounts do, keeps what it lacks,
/// and ends with an error when a byte is wrong. Without a number of rounds it goes on until it is killed.
@main
struct CacheWriter {
    struct Failure: Error {
        let what: String
    }

    static func main() async throws {
        let words = CommandLine.arguments
        guard words.count >= 4, let size = Int(words[2]), let seed = UInt64(words[3]) else {
            throw Failure(what: "cache-writer FOLDER SIZE SEED [ROUNDS]")
        }
        let cache = try DiskCache(
            .init(folder: RawPath(words[1]), limits: CacheLimits(size: size), threads: .lasting(2)))
        var random = SeededGenerator(seed: seed)
        for _ in 0..<(words.count > 4 ? Int(words[4]) ?? 0 : .max) { try round(cache, &random) }
        await cache.flush()
    }

    private static func round(_ cache: DiskCache, _ random: inout SeededGenerator) throws {
        let object = NumberedObject(.random(in: 0..<NumberedObject.count, using: &random))
        let size = object.version.size
        let start = Int.random(in: 0..<size, using: &random)
        let range = start..<min(start + .random(in: 1...1 << 20, using: &random), size)
        guard let cached = cache.open(object.version) else { return }
        var memory = [UInt8](repeating: 0, count: range.count)
        let (count, _) = try memory.withUnsafeMutableBytes { try cached.read(range, into: $0) }
        guard memory[..<count].elementsEqual(object.bytes(range)[..<count]) else {
            throw Failure(what: "\(object.version) has wrong bytes in \(range)")
        }
        guard count < range.count else { return }
        let gap = try cached.gap(in: range.lowerBound + count..<range.upperBound)
        let fetched = FetchedBytes(object.bytes(gap))
        cache.keep(gap, of: cached, fetched.bytes, ownedBy: fetched)
    }
}

/// Objects of all sizes.
struct NumberedObject {
    static let count = 24

    let version: CachedVersion
    private let number: Int

    init(_ number: Int) {
        self.number = number
        version = CachedVersion(
            place: "nowhere", key: Array("object \(number)".utf8), version: "1", size: 1 + number * number * 9973)
    }

    func bytes(_ range: Range<Int>) -> [UInt8] { Content.bytes(in: range, seed: UInt64(number)) }
}
