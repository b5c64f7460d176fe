import CSodium

/// SHA-256 over bytes that come in pieces. Constant memory.
package struct SHA256Stream {
    private var state = crypto_hash_sha256_state()

    /// The hash of nothing yet.
    package init() {
        Sodium.prepare()
        unsafe crypto_hash_sha256_init(&state)
    }

    /// Takes the next piece.
    package mutating func update(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        unsafe bytes.withUnsafeBufferPointer { buffer in
            _ = unsafe crypto_hash_sha256_update(&state, buffer.baseAddress, UInt64(buffer.count))
        }
    }

    /// The 32 bytes. What follows would be another hash.
    package consuming func finish() -> [UInt8] {
        var last = state
        return unsafe [UInt8](unsafeUninitializedCapacity: Int(crypto_hash_sha256_BYTES)) { out, count in
            unsafe crypto_hash_sha256_final(&last, out.baseAddress!)
            count = Int(crypto_hash_sha256_BYTES)
        }
    }
}
