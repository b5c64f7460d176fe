import CSodium

/// Hashes: SHA-256 for fingerprints that others can check, BLAKE2b for keys of our own.
package enum Digest {
    /// The 32 bytes of SHA-256 (FIPS 180-4). Under 1 µs for 300 bytes.
    package static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        unsafe sha256(bytes.span.bytes)
    }

    /// The 32 bytes of SHA-256 of borrowed memory; nothing is copied.
    package static func sha256(_ bytes: borrowing RawSpan) -> [UInt8] {
        Sodium.prepare()
        return unsafe [UInt8](unsafeUninitializedCapacity: Int(crypto_hash_sha256_BYTES)) { out, count in
            count = Int(crypto_hash_sha256_BYTES)
            unsafe bytes.withUnsafeBytes { bytes in
                // The library wants a valid address even for no bytes at all.
                let start = unsafe bytes.baseAddress ?? UnsafeRawPointer(out.baseAddress!)
                _ = unsafe crypto_hash_sha256(
                    out.baseAddress!, start.assumingMemoryBound(to: UInt8.self), UInt64(bytes.count))
            }
        }
    }

    /// A 128-bit key of several parts: BLAKE2b over each part's UTF-8, preceded by its length as 8 bytes little-endian.
    ///
    /// The lengths keep `("ab", "c")` and `("a", "bc")` apart. Both halves are big-endian, so that printing them in hex
    /// one after the other gives the digest's bytes in order. Well under 1 µs for three short parts.
    package static func key(_ parts: String...) -> (UInt64, UInt64) { key(parts) }

    /// A 128-bit key of several parts, given as an array.
    package static func key(_ parts: [String]) -> (UInt64, UInt64) {
        Sodium.prepare()
        let size = parts.reduce(0) { $0 + 8 + $1.utf8.count }
        var message = [UInt8]()
        message.reserveCapacity(size)
        for part in parts {
            var length = UInt64(part.utf8.count)
            for _ in 0..<8 {
                message.append(UInt8(truncatingIfNeeded: length))
                length >>= 8
            }
            message.append(contentsOf: part.utf8)
        }
        var halves: (UInt64, UInt64) = (0, 0)
        unsafe withUnsafeMutableBytes(of: &halves) { out in
            let out = unsafe out.assumingMemoryBound(to: UInt8.self)
            _ = unsafe crypto_generichash(out.baseAddress!, 16, message, UInt64(message.count), nil, 0)
        }
        return (UInt64(bigEndian: halves.0), UInt64(bigEndian: halves.1))
    }

    /// BLAKE2b (RFC 7693) of `count` bytes, unkeyed; `count` is 16 to 64.
    package static func blake2b(_ bytes: [UInt8], count: Int) -> [UInt8] {
        precondition((16...64).contains(count), "a BLAKE2b digest here has 16 to 64 bytes")
        Sodium.prepare()
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { out, filled in
            _ = unsafe crypto_generichash(out.baseAddress!, count, bytes, UInt64(bytes.count), nil, 0)
            filled = count
        }
    }
}
