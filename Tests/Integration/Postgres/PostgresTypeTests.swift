import Postgres
import TestSupport
import Testing

/// Values travel to the server and back unchanged.
@Suite(.database) struct PostgresTypeTests {
    private func roundTrip<T: PostgresEncodable & PostgresDecodable & Equatable>(
        _ values: [T], on connection: Connection
    ) throws {
        for value in values {
            #expect(try connection.query("SELECT \(value)").get(0, 0) == value)
            #expect(try connection.query("SELECT \(value as T?)").get(0, 0) == T?.some(value))
        }
        #expect(try connection.query("SELECT \(values)").get(0, 0) == values)
        #expect(try connection.query("SELECT \([] as [T])").get(0, 0) == [T]())
        let gaps = values.map(T?.some) + [nil]
        #expect(try connection.query("SELECT \(gaps)").get(0, 0) == gaps)
        #expect(try connection.query("SELECT \(T?.none)").get(0, 0) == T?.none)
        #expect(try connection.query("SELECT \([T]?.none)").get(0, 0) == [T]?.none)
    }

    @Test func everyTypeMakesTheRoundTripAloneInArraysAndAsNULL() throws {
        try withConnection { connection in
            try roundTrip([true, false], on: connection)
            try roundTrip([Int16.min, -1, 0, .max], on: connection)
            try roundTrip([Int32.min, -1, 0, .max], on: connection)
            try roundTrip([Int64.min, -1, 0, .max], on: connection)
            try roundTrip([Int.min, -1, 0, .max], on: connection)
            try roundTrip([0.1, -.infinity, .greatestFiniteMagnitude, Double.leastNonzeroMagnitude], on: connection)
            try roundTrip(["", "a", "é\u{1F41D}", "'; --", String(repeating: "x", count: 100_000)], on: connection)
            try roundTrip([Bytes([]), Bytes([0, 255, 10])], on: connection)
            try roundTrip([UUIDBytes(high: 1, low: .max), UUIDBytes(high: .max, low: 0)], on: connection)
            try roundTrip([Date(days: 0), Date(days: -30_000), .infinity, .negativeInfinity], on: connection)
            let moments = [0, -1, 1_795_233_906_789_012].map { TimestampTZ(microseconds: $0) }
            try roundTrip(moments + [.infinity, .negativeInfinity], on: connection)
            try roundTrip([JSON("{\"a\": [1, null]}"), JSON("\"x\"")], on: connection)
        }
    }

    @Test func theServerAgreesOnWhatAValueMeans() throws {
        try withConnection { connection in
            let rows = try connection.query(
                """
                SELECT \(Date(days: 20_778)) = '2026-11-21'::date, \(UUIDBytes(high: 0, low: 1))::text,
                    \(TimestampTZ(microseconds: 1_795_233_906_789_012)) = '2026-11-21T04:05:06.789012Z'::timestamptz,
                    \(Bytes([0xDE, 0xAD])) = '\\xdead'::bytea, \(JSON("{\"a\": 1}")) ->> 'a', \("10.0.0.1")::inet,
                    '10.0.0.0/8'::cidr, 'x'::name, \([1, nil, 3])::text
                """)
            #expect(try rows.get(0, 0) && rows.get(0, 2) && rows.get(0, 3))
            #expect(try rows.get(0, 1) == "00000000-0000-0000-0000-000000000001")
            #expect(try rows.get(0, 4) == "1")
            #expect(try rows.get(0, 5) == "10.0.0.1")
            #expect(try rows.get(0, 6) == "10.0.0.0/8")
            #expect(try rows.get(0, 7) == "x")
            #expect(try rows.get(0, 8) == "{1,NULL,3}")
        }
    }

    @Test func aLabelOfAnEnumIsText() throws {
        try withConnection { connection in
            try connection.execute("CREATE TYPE mood AS ENUM ('calm', 'busy')")
            #expect(try connection.query("SELECT \("busy")::mood").get(0, 0) == "busy")
        }
    }

    @Test func aWrongTypeAndANULLNameTheirColumn() throws {
        try withConnection { connection in
            let rows = try connection.query("SELECT 'secret' AS word, NULL::int AS number")
            let wrong = #expect(throws: PostgresError.self) { try rows.get(0, 0, as: Int.self) }
            #expect(wrong?.code == .decoding)
            #expect(wrong?.message.contains("\"word\"") == true && wrong?.message.contains("secret") == false)
            let null = #expect(throws: PostgresError.self) { try rows.get(0, 1, as: Int.self) }
            #expect(null?.message.contains("\"number\"") == true)
            #expect(rows.isNull(0, 1) && !rows.isNull(0, 0))
            let outside = #expect(throws: PostgresError.self) { try rows.get(1, 0, as: String.self) }
            #expect(outside?.code == .misuse)
        }
    }

    @Test func rowsTellTheirCountTheirColumnsAndAText() throws {
        try withConnection { connection in
            try connection.execute("CREATE TABLE t (a int, b timestamptz)")
            #expect(try connection.execute("INSERT INTO t SELECT g, 'epoch' FROM generate_series(1, 7) g") == 7)
            let rows = try connection.query("SELECT a, b, NULL, 1.5, ARRAY['x', NULL] FROM t ORDER BY a")
            #expect(rows.count == 7 && rows.affected == 7 && !rows.isEmpty)
            #expect(rows.columnNames == ["a", "b", "?column?", "?column?", "array"])
            #expect(rows.text(6, 0) == "7")
            #expect(rows.text(0, 1) == "1970-01-01T00:00:00.000000Z")
            #expect(rows.text(0, 2) == nil)
            #expect(rows.text(0, 4) == "{x,NULL}")
        }
    }

    @Test(arguments: ["'; DROP TABLE t; --", "\\'; SELECT 1; --", "$1", "\" OR 1=1", "%s{}"])
    func anInjectionAttemptStaysAValue(text: String) throws {
        try withConnection { connection in
            try connection.execute("CREATE TABLE t (a text)")
            try connection.execute("INSERT INTO t VALUES (\(text))")
            #expect(try connection.query("SELECT a FROM t WHERE a = \(text)").get(0, 0) == text)
            try connection.execute("CREATE TABLE \(identifier: text) (a int)")
            #expect(try connection.query("SELECT to_regclass(quote_ident(\(text))) IS NOT NULL").get(0, 0))
        }
    }
}
