import COpenSSL

/// A hash function as OpenSSL found it. Looking it up costs more than hashing a short text, so each is fetched once.
struct HashFunction: @unchecked Sendable {
    let algorithm: Checksum.Algorithm
    /// Never freed, and read only by OpenSSL, which is why it is unchecked.
    fileprivate let function: OpaquePointer

    static let md5 = Result { () throws(ChecksumError) in try HashFunction(.md5) }
    static let sha1 = Result { () throws(ChecksumError) in try HashFunction(.sha1) }
    static let sha256 = Result { () throws(ChecksumError) in try HashFunction(.sha256) }

    static func named(_ algorithm: Checksum.Algorithm) throws(ChecksumError) -> HashFunction {
        switch algorithm {
        case .md5: try md5.get()
        case .sha1: try sha1.get()
        case .sha256: try sha256.get()
        case .crc32, .crc32c, .crc64nvme: preconditionFailure("a CRC is no hash function")
        }
    }

    /// The properties are OpenSSL's, such as `fips=yes`.
    init(_ algorithm: Checksum.Algorithm, properties: String? = nil) throws(ChecksumError) {
        // What others left in this thread's queue would be taken for the reason.
        ERR_clear_error()
        guard let function = EVP_MD_fetch(nil, algorithm.rawValue, properties) else {
            let code = ERR_peek_last_error()
            ERR_clear_error()
            throw ChecksumError(
                algorithm, reason: ERR_reason_error_string(code).map { String(cString: $0) } ?? "no reason")
        }
        self.algorithm = algorithm
        self.function = function
    }
}

/// A hash under way. The one owner of OpenSSL's context, which any one thread at a time may use.
struct MessageDigest: ~Copyable, @unchecked Sendable {
    private let context: OpaquePointer
    private let size: Int

    init(_ hash: HashFunction) {
        guard let context = EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
        let started = EVP_DigestInit_ex2(context, hash.function, nil)
        // It has been fetched, and short of memory nothing else can be wrong.
        precondition(started == 1, "OpenSSL cannot start a \(hash.algorithm.rawValue)")
        self.context = context
        size = hash.algorithm.size
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    consuming func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
            count = size
        }
    }

    deinit {
        EVP_MD_CTX_free(context)
    }
}
