/// The short public name of a key: the first four bytes of BLAKE2b-256 of its public half.
///
/// It says which key to try and proves nothing; what proves is the authentication tag.
package struct KeyID: Hashable, Sendable, CustomStringConvertible {
    let bytes: [4 of UInt8]

    init(publicKey: [UInt8]) {
        let digest = Digest.blake2b(publicKey, count: 32)
        bytes = [digest[0], digest[1], digest[2], digest[3]]
    }

    /// Eight lower-case hexadecimal digits.
    package var description: String { Hex.text([bytes[0], bytes[1], bytes[2], bytes[3]]) }

    package static func == (a: KeyID, b: KeyID) -> Bool { a.word == b.word }

    package func hash(into hasher: inout Hasher) { hasher.combine(word) }

    private var word: UInt32 {
        UInt32(bytes[0]) << 24 | UInt32(bytes[1]) << 16 | UInt32(bytes[2]) << 8 | UInt32(bytes[3])
    }
}
