import Foundation
import Postgres
import TestSupport
import Testing

/// COPY: fast, in constant memory, all or nothing.
@Suite(.database) struct PostgresCopyTests {
    private func withTable(_ body: (Connection) throws -> Void) throws {
        try withConnection { connection in
            try connection.execute("CREATE TABLE t (id bigint PRIMARY KEY, body text, at timestamptz)")
            try body(connection)
        }
    }

    private static let copy: SQL = "COPY t (id, body, at) FROM STDIN (FORMAT binary)"

    @Test func aHundredThousandRowsTakeConstantMemory() throws {
        try withTable { connection in
            let text = String(repeating: "x", count: 1000)
            let before = try residentBytes()
            let stored = try connection.transaction { (tx) throws(PostgresError) in
                try tx.execute("INSERT INTO t VALUES (-1, NULL, NULL)")
                return try tx.copyIn(Self.copy) { (writer) throws(PostgresError) in
                    for id in 0..<100_000 {
                        try writer.append(id)
                        try writer.append(id % 2 == 0 ? text : nil)
                        try writer.append(TimestampTZ(microseconds: Int64(id)))
                        try writer.endRow()
                    }
                }
            }
            // The rows are 52 MB; other tests run beside this one.
            #expect(try residentBytes() - before < 40_000_000)
            #expect(stored == 100_000)
            let rows = try connection.query("SELECT count(*), sum(length(body))::bigint, max(at) FROM t")
            #expect(try rows.get(0, 0) == 100_001)
            #expect(try rows.get(0, 1) == 50_000_000)
            #expect(try rows.get(0, 2) == TimestampTZ(microseconds: 99_999))
        }
    }

    @Test func aRowTheServerRefusesFailsTheWholeTransaction() throws {
        try withTable { connection in
            let error = #expect(throws: PostgresError.self) {
                try connection.transaction { (tx) throws(PostgresError) in
                    try tx.execute("INSERT INTO t VALUES (1, NULL, NULL)")
                    try tx.copyIn(Self.copy) { (writer) throws(PostgresError) in
                        for id in [2, 1] {
                            try writer.append(id)
                            try writer.append("a")
                            try writer.append(nil as TimestampTZ?)
                            try writer.endRow()
                        }
                    }
                }
            }
            #expect(error?.sqlState == .uniqueViolation)
            #expect(connection.isUsable)
            let stored: Int = try connection.query("SELECT count(*) FROM t").get(0, 0)
            #expect(stored == 0)
        }
    }

    @Test func anErrorOfTheCallerGivesTheCopyUpAndComesBackAsItWas() throws {
        try withTable { connection in
            let error = #expect(throws: PostgresError.self) {
                try connection.transaction { (tx) throws(PostgresError) in
                    try tx.copyIn(Self.copy) { (writer) throws(PostgresError) in
                        try writer.append(1)
                        throw .decoding("the caller's own")
                    }
                }
            }
            #expect(error?.message == "the caller's own")
            #expect(connection.isUsable)
            let stored: Int = try connection.query("SELECT count(*) FROM t").get(0, 0)
            #expect(stored == 0)
        }
    }

    @Test(arguments: [0, 2, 4]) func aRowWithTheWrongNumberOfFieldsIsAMisuse(fields: Int) throws {
        try withTable { connection in
            let error = #expect(throws: PostgresError.self) {
                try connection.transaction { (tx) throws(PostgresError) in
                    try tx.copyIn(Self.copy) { (writer) throws(PostgresError) in
                        for field in 0..<fields { try writer.append(field) }
                        try writer.endRow()
                    }
                }
            }
            #expect(error?.code == .misuse)
            #expect(connection.isUsable)
        }
    }

    @Test(arguments: ["COPY t FROM STDIN", "SELECT 1", "COPY missing FROM STDIN (FORMAT binary)"])
    func aStatementThatIsNoBinaryCopyIsAnError(statement: String) throws {
        try withTable { connection in
            #expect(throws: PostgresError.self) {
                try connection.transaction { (tx) throws(PostgresError) in
                    try tx.copyIn(SQL(script: statement)) { (_) throws(PostgresError) in }
                }
            }
            #expect(connection.isUsable)
        }
    }

    @Test func statementsGoOnAfterACopy() throws {
        try withTable { connection in
            let count: Int = try connection.transaction { (tx) throws(PostgresError) in
                try tx.copyIn(Self.copy) { (_) throws(PostgresError) in }
                let ticket = tx.send("INSERT INTO t VALUES (1, 'a', now())")
                _ = try tx.receive(ticket)
                return try tx.query("SELECT count(*) FROM t").get(0, 0)
            }
            #expect(count == 1)
        }
    }

    private func residentBytes() throws -> Int {
        let statm = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        let pages = try #require(Int(statm.split(separator: " ")[1]))
        return pages * Int(getpagesize())
    }
}
