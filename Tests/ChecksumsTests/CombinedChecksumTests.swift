import Checksums
import Testing

struct CombinedChecksumTests {
    static let algorithms = Checksum.Algorithm.allCases.filter(\.isCombinable)

    @Test func onlyCRCsCombine() {
        #expect(Self.algorithms == [.crc32, .crc32c, .crc64nvme])
        #expect(CombinedChecksum(.md5) == nil)
        #expect(CombinedChecksum(.sha256) == nil)
    }

    @Test(arguments: algorithms)
    func partsOfAnySize(_ algorithm: Checksum.Algorithm) throws {
        for _ in 0..<30 {
            let sizes = (0..<Int.random(in: 0...8)).map { _ in
                [0, 1, 64, 1000, Int.random(in: 0...4000)].randomElement()!
            }
            let parts = sizes.map { size in (0..<size).map { _ in UInt8.random(in: .min ... .max) } }
            var combined = try #require(CombinedChecksum(algorithm))
            for part in parts { combined.append(try Checksum(algorithm, of: part), size: part.count) }
            #expect(try combined.checksum == Checksum(algorithm, of: parts.flatMap { $0 }), "sizes \(sizes)")
            #expect(combined.size == sizes.reduce(0, +))
        }
    }

    @Test(arguments: algorithms)
    func manyEqualPartsAndAShorterOne(_ algorithm: Checksum.Algorithm) throws {
        let part = (0..<100).map { UInt8($0) }
        var whole = try RunningChecksum(algorithm)
        var combined = try #require(CombinedChecksum(algorithm))
        for _ in 0..<10_000 {
            whole.update(part)
            combined.append(try Checksum(algorithm, of: part), size: part.count)
        }
        whole.update([1, 2, 3])
        combined.append(try Checksum(algorithm, of: [1, 2, 3]), size: 3)
        let expected = whole.finish()
        #expect(combined.checksum == expected)
    }

    /// Zeros of 5 TiB, once as two halves and once as a thousand pieces: nobody has to read them.
    @Test(arguments: algorithms)
    func lengthsOfTerabytes(_ algorithm: Checksum.Algorithm) throws {
        let size = 5 << 40
        func zeros(_ size: Int) throws -> Checksum {
            var combined = try #require(CombinedChecksum(algorithm))
            combined.append(try Checksum(algorithm, of: [0]), size: 1)
            // Doubled, and one byte added, as the binary digits of the size say.
            for bit in String(size, radix: 2).dropFirst() {
                let half = combined.checksum
                combined.append(half, size: combined.size)
                if bit == "1" { combined.append(try Checksum(algorithm, of: [0]), size: 1) }
            }
            #expect(combined.size == size)
            return combined.checksum
        }
        var pieces = try #require(CombinedChecksum(algorithm))
        let piece = try zeros(size / 1024)
        for _ in 0..<1024 { pieces.append(piece, size: size / 1024) }
        #expect(try pieces.checksum == zeros(size))
    }
}
