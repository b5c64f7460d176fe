import Contracts
import Runtime
import Testing

@testable import Relay

@Suite struct RelayHousekeepingTests {
    @Test(arguments: [(0, 0), (0, 1), (5, 12), (7, 100), (123_456, 9_999), (3, 10_000)])
    func aSmallTableIsWalkedWholeInOneVisit(start: Int, pages: Int) {
        var walk = PruneWalk(from: start, pages: pages)
        var seen: [Int] = []
        while let range = walk.next() {
            #expect(range.count <= PruneWalk.stride)
            seen += range
        }
        #expect(seen.sorted() == Array(0..<pages))
    }

    @Test func aLargeTableIsWalkedWholeInADayOfVisits() {
        let pages = 1_000_003
        var seen = Set<Int>()
        var position = 42
        for _ in 1...24 {
            var walk = PruneWalk(from: position, pages: pages)
            while let range = walk.next() { seen.formUnion(range) }
            position = walk.position
        }
        #expect(seen.count == pages)
    }

    @Test(arguments: [
        ([:], 31, 30, 0), (["RETENTION_DAYS": "7", "DEDUP_HORIZON_DAYS": "7"], 7, 7, 0),
        (["RETENTION_DAYS": "7"], 7, 7, 0), (["RETENTION_DAYS": "7", "DEDUP_HORIZON_DAYS": "8"], 7, 8, 1),
        (["RETENTION_DAYS": "0"], 31, 30, 1), (["RETENTION_DAYS": "400"], 400, 30, 0),
        (["HISTORY_DAYS": "30"], 31, 30, 1), (["HISTORY_DAYS": "31"], 31, 30, 0),
    ])
    func detailIsKeptAtLeastAsLongAsIds(
        environment: [String: String], retention: Int, deduplication: Int, problems: Int
    ) {
        var settings = Settings(environment)
        let relay = RelaySettings(reading: &settings)
        #expect(relay.horizons.retention == retention)
        #expect(relay.horizons.deduplication == deduplication)
        var found = 0
        do throws(SettingsError) { try settings.check() } catch { found = error.problems.count }
        #expect(found == problems)
    }

    @Test(arguments: [("30d", 30), ("36h", 2), ("1h", 1), ("1ms", 1), ("0ms", 0)])
    func linesAreDroppedByTheDayAndNeverTooEarly(retention: String, days: Int) throws {
        var settings = Settings(["LOG_RETENTION": retention])
        let horizons = RelaySettings(reading: &settings).horizons
        try settings.check()
        #expect(horizons.logDays == days)
        #expect(DayTable.logChunks.retention(horizons) == days)
        #expect(DayTable.jobs.retention(horizons) == horizons.retention)
    }

    /// Every table of the schema has its way to stay small, or a reason not to.
    @Test func noTableIsForgotten() throws {
        var tables: Set<String> = []
        for file in SchemaFiles.all {
            let text = String(decoding: file.sql, as: UTF8.self)
            for match in text.matches(of: /(?m)^CREATE TABLE ([a-z_]+)/) { tables.insert(String(match.1)) }
        }
        let droppedByTheDay = Set(DayTable.allCases.map(\.rawValue))
        let published: Set = ["outbox", "schedule"]
        let expired: Set = ["upload", "upload_chunk"]
        let ended: Set = ["run", "run_target"]
        // A release is a row: as many as people deploy, and the history of a shop.
        let doNotGrowWithTime: Set = [
            "server", "address", "queue_control", "log_merge", "shop", "shop_release", "forgotten_shop",
        ]
        let pruned = Set(PrunedTable.allCases.map(\.rawValue))
        let known = droppedByTheDay.union(published).union(expired).union(ended).union(doNotGrowWithTime).union(pruned)
        #expect(tables == known)
    }
}
