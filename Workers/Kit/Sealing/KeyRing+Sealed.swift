import CSodium

/// Texts that a producer sealed with the public key.
extension KeyRing {
    /// Whether a text has the form `PublicKey.seal` gives it. It may still fail to open.
    package static func isSealed(_ text: String) -> Bool { text.hasPrefix(PublicKey.sealedPrefix) }

    /// Opens what `PublicKey.seal` returned. About 100 µs.
    ///
    /// - Throws: `malformedSealed`, `unknownKey`, `notAuthentic`, or `notText` when the content is not UTF-8.
    package func unseal(_ text: String) throws(SealingError) -> String {
        guard Self.isSealed(text) else {
            throw SealingError(.malformedSealed, "a sealed text begins with \(PublicKey.sealedPrefix)")
        }
        let fields = text.dropFirst(PublicKey.sealedPrefix.count)
            .split(separator: ":", omittingEmptySubsequences: false)
        guard fields.count == 2, let box = Sodium.bytes(base64: fields[1]), box.count >= Sodium.boxSealSize else {
            throw SealingError(.malformedSealed, "a sealed text is \(PublicKey.sealedPrefix)<id>:<base64>")
        }
        let key = try key { $0.description == fields[0] }
        var message = [UInt8](repeating: 0, count: box.count - Sodium.boxSealSize)
        defer { message.zero() }
        let status = unsafe key.withBoxKey { secret in
            unsafe crypto_box_seal_open(&message, box, UInt64(box.count), key.publicKey, secret)
        }
        guard status == 0 else { throw SealingError(.notAuthentic, "the sealed text was altered") }
        guard let opened = String(validating: message, as: UTF8.self) else {
            throw SealingError(.notText, "the sealed text is not UTF-8")
        }
        return opened
    }
}
