import Testing

@testable import Postgres

@Suite struct MigrationHistoryTests {
    private let build = [1, 2, 3].map { Migration(version: $0, name: "V\($0).sql", sql: "SELECT \($0)") }

    private func record(_ version: Int, matches: Bool?) -> MigrationRecord {
        let applied = Applied(version: version, name: "V\(version).sql", appliedAt: TimestampTZ(microseconds: 0))
        return MigrationRecord(applied: applied, matches: matches)
    }

    @Test func `What the database lacks is pending`() throws {
        let status = try Migrations.compare(build, with: [record(1, matches: true)])
        #expect(status.applied.map(\.version) == [1])
        #expect(status.pending.map(\.version) == [2, 3])
        #expect(status.unknown.isEmpty)
    }

    @Test func `What a newer build has applied is reported and is no error`() throws {
        let records = [1, 2, 3].map { record($0, matches: true) } + [record(4, matches: nil)]
        let status = try Migrations.compare(build, with: records)
        #expect(status.pending.isEmpty)
        #expect(status.unknown.map(\.version) == [4])
    }

    @Test func `A text that has changed is an error that names the file`() {
        let error = #expect(throws: PostgresError.self) {
            try Migrations.compare(build, with: [record(1, matches: true), record(2, matches: false)])
        }
        #expect(error?.code == .migration)
        #expect(error?.message.contains("V2.sql") == true)
    }

    @Test func `A version the build has lost is an error`() {
        let error = #expect(throws: PostgresError.self) {
            try Migrations.compare([build[0], build[2]], with: [record(2, matches: nil)])
        }
        #expect(error?.message.contains("V2.sql") == true)
    }

    @Test func `A version that comes late is an error`() {
        let error = #expect(throws: PostgresError.self) {
            try Migrations.compare(build, with: [record(1, matches: true), record(3, matches: true)])
        }
        #expect(error?.message.contains("V2.sql") == true)
    }

    @Test func `Versions are positive, unique, and put in order`() throws {
        #expect(try Migrations.ordered(build.reversed()).map(\.version) == [1, 2, 3])
        #expect(throws: PostgresError.self) { try Migrations.ordered(build + build) }
        #expect(throws: PostgresError.self) {
            try Migrations.ordered([Migration(version: 0, name: "V0.sql", sql: "")])
        }
    }
}
