import CSodium

/// The public half of a key: enough to seal a secret for the cluster, useless for opening one.
///
/// Its text form, `ruche-public:v1:<key id>:<base64>`, may be printed and published.
package struct PublicKey: Hashable, Sendable, CustomStringConvertible {
    private static let prefix = "ruche-public:v1:"
    static let sealedPrefix = "ruche-sealed:v1:"

    let bytes: [UInt8]
    /// Which key it is.
    package let id: KeyID

    init(bytes: [UInt8], id: KeyID) {
        self.bytes = bytes
        self.id = id
    }

    /// Reads the text form; blanks around it are ignored.
    ///
    /// - Throws: `malformedKey`, also when the id does not fit or the point is one that nothing may be sealed for.
    package init(parsing text: String) throws(SealingError) {
        let text = text[...].trimmingNewlines
        guard text.hasPrefix(Self.prefix) else {
            throw SealingError(.malformedKey, "a public key begins with \(Self.prefix)")
        }
        let fields = text.dropFirst(Self.prefix.count).split(separator: ":", omittingEmptySubsequences: false)
        guard fields.count == 2, let bytes = Sodium.bytes(base64: fields[1]),
            bytes.count == Int(crypto_box_PUBLICKEYBYTES)
        else {
            throw SealingError(.malformedKey, "a public key is \(Self.prefix)<id>:<32 bytes of base64>")
        }
        self.init(bytes: bytes, id: KeyID(publicKey: bytes))
        guard id.description == fields[0] else {
            throw SealingError(.malformedKey, "the public key names an id that is not its own")
        }
        // Points of low order would let anybody open the value: try once here, so that `seal` cannot fail.
        guard box([]) != nil else { throw SealingError(.malformedKey, "the public key is not a usable point") }
    }

    /// The text form.
    package var description: String { "\(Self.prefix)\(id):\(Sodium.base64(bytes))" }

    /// Seals a text for the holders of the secret key: `ruche-sealed:v1:<key id>:<base64 of crypto_box_seal>`.
    ///
    /// The sender cannot open it again, stays anonymous, and the same text gives another result every time. The length
    /// of the text shows. About 100 µs.
    package func seal(_ text: String) -> String {
        guard let box = box(Array(text.utf8)) else { preconditionFailure("the key was tried when it was read") }
        return "\(Self.sealedPrefix)\(id):\(Sodium.base64(box))"
    }

    private func box(_ message: [UInt8]) -> [UInt8]? {
        Sodium.prepare()
        var box = [UInt8](repeating: 0, count: message.count + Sodium.boxSealSize)
        let status = unsafe crypto_box_seal(&box, message, UInt64(message.count), bytes)
        return status == 0 ? box : nil
    }
}

extension Substring {
    /// Without blanks and line ends at either end.
    var trimmingNewlines: Substring {
        var trimmed = drop { $0.isWhitespace }
        while let last = trimmed.last, last.isWhitespace { trimmed.removeLast() }
        return trimmed
    }
}
