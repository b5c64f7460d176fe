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
        (["RETENTION_DAYS": "0"], 31, 30, 1),
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
}
