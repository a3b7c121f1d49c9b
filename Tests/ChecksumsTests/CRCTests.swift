import CShims
import Checksums
import Testing

/// Every kernel this machine has against the definition of a CRC, bit by bit.
struct CRCTests {
    struct Kind: Sendable, CustomTestStringConvertible {
        let algorithm: Checksum.Algorithm
        let kind: shim_crc
        let width: UInt64
        let polynomial: UInt64
        /// Of the digits from 1 to 9.
        let check: String

        var testDescription: String { algorithm.rawValue }

        static let all = [
            Kind(algorithm: .crc32, kind: shim_crc32, width: 32, polynomial: 0x04C1_1DB7, check: "cbf43926"),
            Kind(algorithm: .crc32c, kind: shim_crc32c, width: 32, polynomial: 0x1EDC_6F41, check: "e3069283"),
            Kind(
                algorithm: .crc64nvme, kind: shim_crc64nvme, width: 64, polynomial: 0xAD93_D235_94C9_3659,
                check: "ae8b14860a799888"),
        ]

        /// The highest coefficient first, as the standards write it; only input and result are reversed.
        func definition(_ bytes: some Sequence<UInt8>, after before: UInt64 = 0) -> UInt64 {
            let ones = UInt64.max >> (64 - width)
            var crc = reversed(before ^ ones)
            for byte in bytes {
                for bit in 0..<8 {
                    let isDivided = (crc >> (width - 1) ^ UInt64(byte) >> bit) & 1 == 1
                    crc = (crc << 1 ^ (isDivided ? polynomial : 0)) & ones
                }
            }
            return reversed(crc) ^ ones
        }

        private func reversed(_ value: UInt64) -> UInt64 {
            (0..<width).reduce(0) { $0 | (value >> $1 & 1) << (width - 1 - $1) }
        }
    }

    static let kernels = [shim_crc_by_table, shim_crc_by_folding].filter { shim_crc_has($0) }

    @Test(arguments: Kind.all)
    func knownVectors(_ kind: Kind) throws {
        #expect(try Checksum(kind.algorithm, of: Array("123456789".utf8)).hex == kind.check)
        #expect(try Checksum(kind.algorithm, of: []).bytes == Array(repeating: 0, count: kind.algorithm.size))
    }

    @Test func longerVectors() throws {
        // RFC 3720, B.4, and a page of zeros.
        #expect(try Checksum(.crc32c, of: Array(repeating: 0, count: 32)).hex == "8a9136aa")
        #expect(try Checksum(.crc32c, of: Array(repeating: 0xFF, count: 32)).hex == "62a8ab43")
        #expect(try Checksum(.crc32c, of: Array(0..<32)).hex == "46dd794e")
        #expect(try Checksum(.crc32, of: Array(repeating: 0, count: 4096)).hex == "c71c0011")
        #expect(try Checksum(.crc64nvme, of: Array(repeating: 0, count: 4096)).hex == "6482d367eb22b64e")
    }

    @Test(arguments: Kind.all)
    func kernelsFollowTheDefinition(_ kind: Kind) {
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<5100).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        bytes.withUnsafeBytes { bytes in
            for count in Array(0...300) + (0..<100).map({ _ in Int.random(in: 0...5000) }) {
                let start = Int.random(in: 0..<64)
                let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<start + count])
                let before = UInt64.random(in: .min ... .max) >> (64 - kind.width)
                let expected = kind.definition(piece, after: before)
                for kernel in Self.kernels {
                    let crc = shim_crc_update_by(kernel, kind.kind, before, piece.baseAddress, count)
                    #expect(crc == expected, "kernel \(kernel.rawValue), \(count) bytes at \(start) after \(before)")
                }
            }
        }
    }

    @Test(arguments: Kind.all)
    func kernelsAgreeOnALargePiece(_ kind: Kind) {
        let bytes = (0..<(1 << 20) + 77).map { _ in UInt8.random(in: .min ... .max) }
        let crcs = Self.kernels.map { shim_crc_update_by($0, kind.kind, 0, bytes, bytes.count) }
        #expect(Set(crcs).count == 1)
        #expect(shim_crc_update(kind.kind, 0, bytes, bytes.count) == crcs[0])
    }

    @Test func aFastKernelIsThereWhereTheProcessorHasTheInstructions() {
        #if arch(x86_64) || arch(arm64)
            #expect(Self.kernels.count == 2, "true of every x86-64 since 2011 and of all but the smallest ARMv8")
        #endif
    }
}
