import Testing

@testable import Postgres

@Suite struct SQLTests {
    @Test func `An interpolated value becomes a parameter and leaves the text alone`() {
        let name = "x'; DROP TABLE task; --"
        let sql: SQL = "SELECT \(name), \(7) WHERE a = \(true)"
        #expect(sql.text == "SELECT $1, $2 WHERE a = $3")
        #expect(sql.parameters.types == [.text, .int8, .bool])
        #expect(sql.parameters.ends == [name.utf8.count, name.utf8.count + 8, name.utf8.count + 9])
        #expect("\(sql)" == sql.text)
    }

    @Test func `NULL keeps the type and takes no bytes`() {
        let sql: SQL = "SELECT \(nil as Int32?), \("a")"
        #expect(sql.parameters.types == [.int4, .text])
        #expect(sql.parameters.ends == [~0, 1])
    }

    @Test(arguments: [("task", "\"task\""), ("a\"b", "\"a\"\"b\""), ("Ü", "\"Ü\"")])
    func `An identifier is quoted`(_ name: String, _ quoted: String) {
        let sql: SQL = "LISTEN \(identifier: name)"
        #expect(sql.text == "LISTEN \(quoted)")
    }

    @Test func `A dump of a statement does not show its values`() {
        var dumped = ""
        dump("SELECT \("secret")" as SQL, to: &dumped)
        #expect(!dumped.contains("secret") && !dumped.contains("115"))
    }
}

/// The binary formats, against bytes written down from the server's `*_send` functions.
@Suite struct EncodingTests {
    private func bytes<T: PostgresEncodable>(_ value: T) -> [UInt8] {
        var buffer: [UInt8] = []
        value.encode(into: &buffer)
        return buffer
    }

    @Test func `Numbers are in network order`() {
        #expect(bytes(Int16(-2)) == [0xFF, 0xFE])
        #expect(bytes(Int32(0x0102_0304)) == [1, 2, 3, 4])
        #expect(bytes(1) == [0, 0, 0, 0, 0, 0, 0, 1])
        #expect(bytes(1.0) == [0x3F, 0xF0, 0, 0, 0, 0, 0, 0])
        #expect(bytes(true) == [1])
    }

    @Test func `An array is dimensions, null flag, type, length, bound, elements`() {
        #expect(bytes([Int16(5)]) == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 21, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 5])
        #expect(bytes([] as [Int16]) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 21])
        let null = bytes([nil, "a"] as [String?])
        #expect(null[7] == 1)
        #expect(null[20..<24] == [0xFF, 0xFF, 0xFF, 0xFF])
        #expect(null[24...] == [0, 0, 0, 1, 97])
    }

    @Test func `Days and moments are counted from the year 2000`() {
        #expect(bytes(Date(days: 10_958)) == [0, 0, 0, 1])
        #expect(bytes(TimestampTZ(microseconds: 946_684_800_000_001)) == [0, 0, 0, 0, 0, 0, 0, 1])
        #expect(bytes(TimestampTZ.infinity) == bytes(Int64.max))
        #expect(bytes(TimestampTZ.negativeInfinity) == bytes(Int64.min))
        #expect(bytes(TimestampTZ(microseconds: .min + 1)) == bytes(Int64.min))
    }

    @Test func `jsonb carries its version`() {
        #expect(bytes(JSON("{}")) == [1, 0x7B, 0x7D])
    }

    enum Colour: String, PostgresEncodable, PostgresDecodable { case red, green }

    @Test func `An enum only says that it conforms`() throws {
        #expect(bytes(Colour.red) == Array("red".utf8))
        #expect(Colour.arrayType == .textArray)
        #expect(try decode(Array("green".utf8), .text) == Colour.green)
        #expect(throws: PostgresError.self) { try decode(Array("blue".utf8), .text) as Colour }
    }

    private func decode<T: PostgresDecodable>(_ bytes: [UInt8], _ type: TypeID) throws -> T {
        unsafe try T(binary: bytes.span.bytes, type: type)
    }

    @Test func `An integer is read from every integer type that fits`() throws {
        #expect(try decode([0, 5], .int2) == 5)
        #expect(try decode([0, 0, 0, 5], .int4) == Int16(5))
        #expect(throws: PostgresError.self) { try decode([0, 1, 0, 0], .int4) as Int16 }
        #expect(throws: PostgresError.self) { try decode([0, 0, 5], .int4) as Int }
        #expect(throws: PostgresError.self) { try decode([0, 0, 0, 5], .text) as Int }
    }

    @Test func `Addresses and uuids are read as text`() throws {
        #expect(try decode([2, 32, 0, 4, 10, 0, 0, 1], .inet) == "10.0.0.1")
        #expect(try decode([2, 24, 1, 4, 10, 0, 0, 0], .cidr) == "10.0.0.0/24")
        #expect(try decode([3, 128, 0, 16] + [UInt8](repeating: 0, count: 15) + [1], .inet) == "::1")
        let uuid = Array(UInt8(0)..<16)
        #expect(try decode(uuid, .uuid) == "00010203-0405-0607-0809-0a0b0c0d0e0f")
        #expect(try decode(uuid, .uuid) == UUIDBytes(high: 0x0001_0203_0405_0607, low: 0x0809_0A0B_0C0D_0E0F))
    }

    @Test(arguments: [0, 4, 11, 12, 19, 20, 23, 24, 25])
    func `A truncated array is an error and never a read past its end`(_ length: Int) {
        let whole = bytes([Int32(5), Int32(6)])
        #expect(throws: PostgresError.self) { try decode(Array(whole.prefix(length)), .int4Array) as [Int32] }
    }

    @Test(arguments: [
        (0, "1970-01-01"), (-1, "1969-12-31"), (11_016, "2000-02-29"), (20_778, "2026-11-21"),
    ])
    func `A day prints in the Gregorian calendar`(_ days: Int, _ text: String) {
        #expect(Date(days: Int32(days)).description == text)
    }

    @Test func `A moment prints as RFC 3339`() {
        #expect(TimestampTZ(microseconds: -1).description == "1969-12-31T23:59:59.999999Z")
        #expect(TimestampTZ(microseconds: 1_795_233_906_789_012).description == "2026-11-21T04:05:06.789012Z")
        #expect(TimestampTZ.infinity.description == "infinity")
    }
}
