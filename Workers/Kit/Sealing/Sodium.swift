import CSodium

/// The library's start-up, and the few of its calls that several files share.
enum Sodium {
    /// Picks the fastest implementation for this processor, once a process. Reading it again costs one atomic load.
    static let isReady: Bool = {
        guard sodium_init() >= 0 else { fatalError("libsodium found no source of randomness") }
        return true
    }()

    /// How many bytes longer `crypto_box_seal` makes a message: an ephemeral public key and a tag.
    static let boxSealSize = Int(crypto_box_PUBLICKEYBYTES) + Int(crypto_box_MACBYTES)

    /// Makes sure the library is initialised before its first use.
    @inline(__always)
    static func prepare() { precondition(isReady) }

    /// Standard base64 with padding, in time that does not depend on the bytes.
    static func base64(_ bytes: [UInt8]) -> String {
        let capacity = sodium_base64_encoded_len(bytes.count, sodium_base64_VARIANT_ORIGINAL)
        return unsafe String(unsafeUninitializedCapacity: capacity) { out in
            _ = unsafe out.withMemoryRebound(to: CChar.self) { text in
                unsafe sodium_bin2base64(
                    text.baseAddress!, capacity, bytes, bytes.count, sodium_base64_VARIANT_ORIGINAL)
            }
            return capacity - 1  // without the NUL
        }
    }

    /// The bytes of standard base64 with padding; nil for anything else, trailing characters included.
    static func bytes(base64 text: some StringProtocol) -> [UInt8]? {
        let text = Array(text.utf8)
        let capacity = text.count / 4 * 3
        if text.isEmpty { return [] }
        guard text.count % 4 == 0 else { return nil }
        var isValid = false
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { out, count in
            unsafe text.withUnsafeBytes { text in
                let text = unsafe text.bindMemory(to: CChar.self)
                // An explicit end pointer is not asked for, so that the library itself refuses trailing characters.
                let status = unsafe sodium_base642bin(
                    out.baseAddress!, capacity, text.baseAddress!, text.count, nil, &count, nil,
                    sodium_base64_VARIANT_ORIGINAL)
                isValid = status == 0
            }
        }
        return isValid ? bytes : nil
    }
}
