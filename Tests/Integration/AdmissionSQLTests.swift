import Contracts
import Postgres
import Runtime
import TestSupport
import Testing

/// The statements of the ledger against the pure function they stand for, on a real database.
@Suite(.servers) struct AdmissionSQLTests {
    /// What the ledger holds before a delivery arrives, and what arrives.
    private struct Case: CustomStringConvertible {
        let key: UniqueID
        let standing: Standing?
        let arrival: Arrival

        var isAdmitted: Bool {
            switch Admission.decide(standing, arrival) {
            // Past the horizon is admitted too, and refused in the same transaction: its refusal needs a row.
            case .run, .runAlone, .pastHorizon: true
            case .announce, .ignore, .wake, .idReused: false
            }
        }

        var description: String {
            "\(standing.map { "\($0.state.name), turn \($0.turn), same body \($0.sameBody)" } ?? "no row"), "
                + "arrives with turn \(arrival.turn)"
        }
    }

    private static let hash = Bytes([UInt8](repeating: 1, count: 32))
    private static let otherHash = Bytes([UInt8](repeating: 2, count: 32))

    private static let cases: [Case] = {
        var standings: [Standing?] = [nil]
        for state in JobState.allCases {
            for turn in 0...2 {
                for sameBody in [true, false] {
                    standings.append(Standing(state: state, turn: turn, sameBody: sameBody))
                }
            }
        }
        var cases: [Case] = []
        for standing in standings {
            for turn in 0...2 {
                let key = UniqueID(high: 7, low: UInt64(cases.count))
                cases.append(
                    Case(key: key, standing: standing, arrival: Arrival(turn: turn, isRedelivery: false)))
            }
        }
        return cases
    }()

    @Test func theStatementsAdmitAndAnswerWhatTheTableSays() throws {
        try withCluster { cluster in
            let database = try cluster.database()
            defer { database.close() }
            for example in Self.cases { try insert(example, database) }
            // One at a time, so that a wrong answer names its case; then the whole table in one statement.
            for example in Self.cases {
                let rows = try database.query(admission(of: [example]))
                #expect((rows.count == 1) == example.isAdmitted, "\(example)")
                if rows.count == 1 {
                    #expect(try rows.get(0, 0) == example.key)
                    #expect(try rows.get(0, 2) == (example.standing == nil ? 1 : 2), "the attempt: \(example)")
                    #expect(try rows.get(0, 4) == (example.standing == nil), "whether it is the first: \(example)")
                }
                try expectStored(example, database)
            }
            try database.execute("DELETE FROM job_key")
            for example in Self.cases { try insert(example, database) }
            let rows = try database.query(admission(of: Self.cases))
            let admitted = try Set((0..<rows.count).map { try rows.get($0, 0, as: UniqueID.self) })
            #expect(admitted == Set(Self.cases.filter(\.isAdmitted).map(\.key)))
        }
    }

    @Test func theSoloLaneStartsWhatTheTableSaysAndCountsIt() throws {
        try withCluster { cluster in
            let database = try cluster.database()
            defer { database.close() }
            for example in Self.cases {
                try insert(example, database)
                let statement = Ledger.startAlone(
                    key: example.key, turn: Int32(example.arrival.turn), hash: Self.hash)
                // What the ledger has forgotten is refused without a start.
                let starts = example.isAdmitted && Admission.decide(example.standing, example.arrival) != .pastHorizon
                for start in 1...2 {
                    let rows = try database.query(statement)
                    #expect((rows.count == 1) == starts, "\(example)")
                    if rows.count == 1 { #expect(try rows.get(0, 0) == start, "\(example)") }
                }
            }
        }
    }

    private func insert(_ example: Case, _ database: Postgres.Connection) throws {
        guard let standing = example.standing else { return }
        let hash = standing.sameBody ? Self.hash : Self.otherHash
        try database.execute(
            """
            INSERT INTO job_key (key, day, state, turn, attempt, sequence, body_hash)
            VALUES (\(example.key), current_date, \(String(standing.state.rawValue))::text::"char",
                \(Int32(standing.turn)), 1, 1, \(hash))
            """)
    }

    private func admission(of cases: [Case]) -> SQL {
        Ledger.admit(
            keys: cases.map(\.key), turns: cases.map { Int32($0.arrival.turn) }, hashes: cases.map { _ in Self.hash })
    }

    /// What the ledger says afterwards: the fence of what was admitted, and what was there before of all else.
    private func expectStored(_ example: Case, _ database: Postgres.Connection) throws {
        let rows = try database.query(Ledger.known(keys: [example.key]))
        #expect(rows.count == 1, "\(example)")
        let state: String = try rows.get(0, 1)
        let turn: Int = try rows.get(0, 2)
        let hash: Bytes = try rows.get(0, 3)
        guard !example.isAdmitted, let before = example.standing else {
            #expect(state == "s" && turn == example.arrival.turn && hash == Self.hash, "\(example)")
            return
        }
        #expect(state == String(before.state.rawValue) && turn == before.turn, "\(example)")
        #expect((hash == Self.hash) == before.sameBody, "\(example)")
    }
}
