import Testing

@testable import Sealing

@Suite("Sealing at rest")
struct AtRestTests {
    let ring = KeyRing.generate()

    @Test("What is sealed opens again, at any length", arguments: [0, 1, 15, 16, 17, 300, 65_537])
    func roundTrip(length: Int) throws {
        let bytes = SecureRandom.bytes(length)
        let sealed = ring.seal(bytes, context: "payload")
        #expect(sealed.count == length + KeyRing.overhead)
        #expect(try ring.open(sealed, context: "payload") == bytes)
    }

    @Test("No byte of a sealed value may change")
    func tamper() throws {
        let sealed = ring.seal(Array("four words of text".utf8), context: "payload")
        for index in sealed.indices {
            var altered = sealed
            altered[index] ^= 1
            #expect(throws: SealingError.self, "byte \(index)") { try ring.open(altered, context: "payload") }
        }
    }

    @Test("A value cut short is refused, wherever it is cut")
    func truncation() {
        let sealed = ring.seal([1, 2, 3], context: "payload")
        for length in 0..<sealed.count {
            #expect(throws: SealingError.self) { try ring.open(Array(sealed[..<length]), context: "payload") }
        }
    }

    @Test("A value opens only in the context it was sealed for", arguments: ["", "payloa", "payload2", "Payload"])
    func context(other: String) {
        let sealed = ring.seal([1, 2, 3], context: "payload")
        #expect(code { try ring.open(sealed, context: other) } == .notAuthentic)
    }

    @Test("A key that the ring does not hold is named as such")
    func unknownKey() {
        let sealed = KeyRing.generate().seal([1], context: "")
        #expect(code { try ring.open(sealed, context: "") } == .unknownKey)
    }

    @Test("An unknown layout version is refused")
    func version() {
        var sealed = ring.seal([1], context: "")
        sealed[0] = 2
        #expect(code { try ring.open(sealed, context: "") } == .malformedSealed)
    }

    @Test("The same value sealed twice shares no nonce")
    func nonces() {
        let sealed = (0..<1000).map { _ in ring.seal([7], context: "") }
        #expect(Set(sealed.map { $0[5..<29] }).count == 1000)
        #expect(Set(sealed.map { $0[29...] }).count > 990)
    }

    @Test("After rotations the earlier keys still open, and only the newest seals")
    func rotation() throws {
        let sealed = ring.seal([1, 2, 3], context: "c")
        let once = try ring.rotated()
        let twice = try once.rotated()
        #expect(try twice.open(sealed, context: "c") == [1, 2, 3])
        #expect(twice.keyIDs == [twice.publicKey.id, once.publicKey.id, ring.publicKey.id])
        #expect(code { try once.open(twice.seal([1], context: "c"), context: "c") } == .unknownKey)
    }

    @Test("The layout is the documented one, which any libsodium can open")
    func layout() throws {
        let key = try KeyRing(parsing: Fixture.keyFile)
        let sealed = key.seal(Array("abc".utf8), context: "x")
        #expect(sealed[0] == 1)
        #expect(Hex.text(sealed[1..<5]) == key.publicKey.id.description)
        #expect(try key.open(Fixture.sealedAtRest, context: "column payload") == Array("kept for years".utf8))
    }
}

/// The code of the error that a closure throws, or nil when it throws none.
func code<T>(_ body: () throws -> T) -> SealingError.Code? {
    do {
        _ = try body()
        return nil
    } catch { return (error as? SealingError)?.code }
}
