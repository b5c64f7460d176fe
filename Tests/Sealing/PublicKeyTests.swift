import Testing

@testable import Sealing

@Suite("Sealing for the cluster with a public key")
struct PublicKeyTests {
    let ring = KeyRing.generate()

    @Test("A sealed text opens again", arguments: ["", "hunter2", "pâté 🐝 \u{0}"])
    func roundTrip(text: String) throws {
        let sealed = ring.publicKey.seal(text)
        #expect(KeyRing.isSealed(sealed))
        #expect(sealed.hasPrefix("ruche-sealed:v1:\(ring.publicKey.id):"))
        #expect(try ring.unseal(sealed) == text)
    }

    @Test("The text form of a public key is read back, line end included")
    func textForm() throws {
        let key = try PublicKey(parsing: "\(ring.publicKey)\n")
        #expect(key == ring.publicKey)
        #expect(try ring.unseal(key.seal("secret")) == "secret")
    }

    @Test("Sealing twice gives two different texts")
    func randomised() { #expect(ring.publicKey.seal("a") != ring.publicKey.seal("a")) }

    @Test(
        "A public key that is not one is refused",
        arguments: [
            "", "ruche-public:v1:", "ruche-public:v1:00000000:AAAA", "ruche-public:v2:00000000:AAAA",
            "ruche-key:v1:a:b",
            "ruche-public:v1:zz:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        ])
    func malformedKey(text: String) { #expect(code { try PublicKey(parsing: text) } == .malformedKey) }

    @Test("A point of low order is refused although its id fits")
    func lowOrder() {
        let zero = [UInt8](repeating: 0, count: 32)
        let text = "ruche-public:v1:\(KeyID(publicKey: zero)):\(Sodium.base64(zero))"
        #expect(code { try PublicKey(parsing: text) } == .malformedKey)
    }

    @Test(
        "A text that is not sealed is told apart",
        arguments: [
            "plain", "ruche-sealed:v1:", "ruche-sealed:v1:00000000:!!!!", "ruche-sealed:v1:00000000:AAAA",
            "ruche-sealed:v1:a:b:c",
        ])
    func malformedSealed(text: String) { #expect(code { try ring.unseal(text) } == .malformedSealed) }

    @Test("An altered text does not open")
    func tamper() throws {
        let sealed = ring.publicKey.seal("secret")
        let start = sealed.lastIndex(of: ":").map { sealed.index(after: $0) }!
        var box = Sodium.bytes(base64: sealed[start...])!
        box[40] ^= 1
        #expect(code { try ring.unseal(sealed[..<start] + Sodium.base64(box)) } == .notAuthentic)
    }

    @Test("Another cluster's text is for an unknown key, and the previous key's opens")
    func rotation() throws {
        #expect(code { try ring.unseal(KeyRing.generate().publicKey.seal("x")) } == .unknownKey)
        #expect(try ring.rotated().unseal(ring.publicKey.seal("x")) == "x")
    }

    @Test("A text sealed by an earlier release opens")
    func earlierRelease() throws {
        #expect(try KeyRing(parsing: Fixture.keyFile).unseal(Fixture.sealedText) == "hunter2")
    }
}
