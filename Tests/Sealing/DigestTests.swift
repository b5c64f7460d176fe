import Testing

@testable import Sealing

@Suite("Digests")
struct DigestTests {
    /// FIPS 180-4 examples, as published by NIST.
    @Test(
        "SHA-256 gives the published results",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func sha256(text: String, expected: String) { #expect(Hex.text(Digest.sha256(Array(text.utf8))) == expected) }

    @Test("SHA-256 of a million letters is the published one")
    func sha256OfMuch() {
        let letters = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
        let expected = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        #expect(Hex.text(Digest.sha256(letters)) == expected)
    }

    /// RFC 7693, appendix A, and the BLAKE2 reference vectors.
    @Test(
        "BLAKE2b gives the published results",
        arguments: [
            (
                "abc", 64,
                "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
                    + "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"
            ),
            ("", 32, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"),
        ])
    func blake2b(text: String, count: Int, expected: String) {
        #expect(Hex.text(Digest.blake2b(Array(text.utf8), count: count)) == expected)
    }

    @Test("A key is BLAKE2b-128 over the length-prefixed parts, both halves big-endian")
    func keyLayout() {
        let message: [UInt8] = [2, 0, 0, 0, 0, 0, 0, 0, 97, 98, 1, 0, 0, 0, 0, 0, 0, 0, 99]
        let digest = Digest.blake2b(message, count: 16)
        let word = { (bytes: ArraySlice<UInt8>) in bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
        #expect(Digest.key("ab", "c") == (word(digest[..<8]), word(digest[8...])))
    }

    @Test("Parts are kept apart by their lengths")
    func keyParts() {
        #expect(Digest.key("ab", "c") != Digest.key("a", "bc"))
        #expect(Digest.key("abc") != Digest.key("abc", ""))
        #expect(Digest.key() != Digest.key(""))
        #expect(Digest.key("a", "b") == Digest.key(["a", "b"]))
    }

    @Test("Random bytes have the length asked for and do not repeat")
    func random() {
        #expect(SecureRandom.bytes(0) == [])
        #expect(SecureRandom.bytes(33).count == 33)
        #expect(SecureRandom.bytes(16) != SecureRandom.bytes(16))
    }

    @Test("Base64 is read back, and anything else is refused", arguments: [0, 1, 2, 3, 31, 32])
    func base64(count: Int) {
        let bytes = SecureRandom.bytes(count)
        #expect(Sodium.bytes(base64: Sodium.base64(bytes)) == bytes)
        for bad in ["A", "AA", "AAA", "AA==AA==", "A!==", "AAA\n"] { #expect(Sodium.bytes(base64: bad) == nil) }
    }
}
