import CSodium
import Synchronization

/// Data at rest: symmetric, authenticated, bound to a context.
///
///     1 byte   layout version, 1
///     4 bytes  key id
///    24 bytes  nonce: 16 bytes random per process, 8 bytes counter
///     n bytes  XChaCha20-Poly1305 ciphertext
///    16 bytes  authentication tag
extension KeyRing {
    /// How many bytes longer a sealed value is than the value.
    package static let overhead = headerSize + tagSize

    private static let version: UInt8 = 1
    private static let nonceStart = 5
    private static let headerSize = nonceStart + Int(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES)
    private static let tagSize = Int(crypto_aead_xchacha20poly1305_ietf_ABYTES)

    /// Seals bytes with the current key, for the given context only.
    ///
    /// The context ("payload of job …", "column …") is authenticated but not stored: a value copied to another place
    /// does not open there. One allocation, and one system call a second; about 1 µs for 300 bytes.
    package func seal(_ bytes: [UInt8], context: String) -> [UInt8] {
        let nonce = Nonce.next()
        let key = current
        let id = key.id.bytes
        let context = context.utf8Span.span
        let size = Self.overhead + bytes.count
        return unsafe [UInt8](unsafeUninitializedCapacity: size) { out, count in
            unsafe out[0] = Self.version
            for i in 0..<4 { unsafe out[1 + i] = id[i] }
            unsafe UnsafeMutableRawPointer(out.baseAddress!)
                .storeBytes(of: nonce.prefix, toByteOffset: Self.nonceStart, as: Nonce.Prefix.self)
            unsafe UnsafeMutableRawPointer(out.baseAddress!)
                .storeBytes(of: nonce.counter, toByteOffset: Self.nonceStart + 16, as: UInt64.self)
            let start = out.baseAddress!
            unsafe key.withAtRestKey { key in
                unsafe context.withUnsafeBufferPointer { context in
                    _ = unsafe crypto_aead_xchacha20poly1305_ietf_encrypt(
                        start + Self.headerSize, nil, bytes, UInt64(bytes.count),
                        context.baseAddress, UInt64(context.count), nil, start + Self.nonceStart, key)
                }
            }
            count = size
        }
    }

    /// Opens what `seal` returned, with whichever key of the ring it was sealed for.
    ///
    /// - Throws: `malformedSealed`, `unknownKey`, or `notAuthentic` when a single bit or the context differs.
    package func open(_ sealed: [UInt8], context: String) throws(SealingError) -> [UInt8] {
        guard sealed.count >= Self.overhead, sealed[0] == Self.version else {
            throw SealingError(.malformedSealed, "not a value sealed at rest, or cut short")
        }
        let key = try key { id in
            sealed[1] == id.bytes[0] && sealed[2] == id.bytes[1] && sealed[3] == id.bytes[2] && sealed[4] == id.bytes[3]
        }
        let context = context.utf8Span.span
        let size = sealed.count - Self.overhead
        var isAuthentic = false
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { out, count in
            unsafe sealed.withUnsafeBufferPointer { sealed in
                let start = sealed.baseAddress!
                unsafe key.withAtRestKey { key in
                    unsafe context.withUnsafeBufferPointer { context in
                        isAuthentic =
                            unsafe crypto_aead_xchacha20poly1305_ietf_decrypt(
                                out.baseAddress, nil, nil, start + Self.headerSize, UInt64(size + Self.tagSize),
                                context.baseAddress, UInt64(context.count), start + Self.nonceStart, key) == 0
                    }
                }
            }
            count = isAuthentic ? size : 0
        }
        guard isAuthentic else {
            throw SealingError(.notAuthentic, "the sealed value or its context is not what was sealed")
        }
        return bytes
    }
}

/// Nonces that never repeat under one key: random per process, then counted.
///
/// 128 random bits keep processes apart, the counter keeps values apart, and no system call is made per value. A child
/// made by `fork` without `exec` would repeat them; nothing here forks that way.
enum Nonce {
    typealias Prefix = (UInt64, UInt64)

    private static let prefix: Prefix = {
        let bytes = SecureRandom.bytes(16)
        return (word(bytes[..<8]), word(bytes[8...]))
    }()
    private static let counter = Atomic<UInt64>(0)

    static func next() -> (prefix: Prefix, counter: UInt64) {
        (prefix, counter.wrappingAdd(1, ordering: .relaxed).oldValue.littleEndian)
    }

    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
