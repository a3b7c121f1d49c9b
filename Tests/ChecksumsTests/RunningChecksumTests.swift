import Testing

@testable import Checksums

struct RunningChecksumTests {
    @Test(arguments: [
        (Checksum.Algorithm.md5, "", "d41d8cd98f00b204e9800998ecf8427e"),
        (.md5, "abc", "900150983cd24fb0d6963f7d28e17f72"),
        (.sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (.sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (.sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ])
    func knownVectors(_ algorithm: Checksum.Algorithm, _ text: String, _ hex: String) throws {
        #expect(try Checksum(algorithm, of: Array(text.utf8)).hex == hex)
        if algorithm == .sha256 { #expect(Hex.text(of: SHA256.digest(Array(text.utf8))) == hex) }
    }

    @Test(arguments: Checksum.Algorithm.allCases)
    func piecesAreAsGoodAsTheWhole(_ algorithm: Checksum.Algorithm) throws {
        for _ in 0..<20 {
            let bytes = (0..<Int.random(in: 0...5000)).map { _ in UInt8.random(in: .min ... .max) }
            var running = try RunningChecksum(algorithm)
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(.random(in: 0...700))
                piece.withUnsafeBytes { running.update($0) }
                rest = rest.dropFirst(piece.count)
            }
            let checksum = running.finish()
            #expect(try checksum == Checksum(algorithm, of: bytes))
            #expect(checksum.algorithm == algorithm)
            #expect(checksum.bytes.count == algorithm.size)
        }
    }

    @Test func severalAreAsGoodAsEachAlone() throws {
        let algorithms: [Checksum.Algorithm] = [.sha256, .crc64nvme, .md5]
        for size in [0, 1, 65_535, 65_536, 65_537, 300_000] {
            let bytes = (0..<size).map { _ in UInt8.random(in: .min ... .max) }
            var running = try RunningChecksums(algorithms)
            for piece in [bytes[..<(size / 3)], bytes[(size / 3)...]] { piece.withUnsafeBytes { running.update($0) } }
            let checksums = running.finish()
            #expect(try checksums == algorithms.map { algorithm in try Checksum(algorithm, of: bytes) })
        }
    }

    @Test func oneThatIsNotFinishedIsFreed() throws {
        for algorithm in Checksum.Algorithm.allCases {
            var running = try RunningChecksum(algorithm)
            running.update([1])
        }
    }

    /// As a machine does that allows only FIPS algorithms.
    @Test func whatOpenSSLRefusesIsAnError() {
        let error = #expect(throws: ChecksumError.self) { try HashFunction(.md5, properties: "fips=yes") }
        #expect(error?.algorithm == .md5)
        #expect(error?.reason == "unsupported")
        #expect(
            error?.description == "OpenSSL on this machine offers no md5 (unsupported); a FIPS policy does that, and "
                + "other checksums are not affected")
    }
}
