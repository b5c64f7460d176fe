import AMQP
import Contracts
import Runtime
import Testing

@testable import Relay

@Suite struct RelayOutboxTests {
    @Test(arguments: [
        ([500, 500, 500], 2000, 3), ([500, 1500, 1], 2000, 2), ([5000, 1], 2000, 1), ([1999, 2], 2000, 1),
        ([], 2000, 0),
    ])
    func aClaimTakesWhatFitsAndAtLeastOneRow(sizes: [Int], limit: Int, taken: Int) {
        #expect(OutboxRow.prefix(of: sizes, within: limit) == taken)
    }

    static func row(_ count: Int) -> OutboxRow {
        OutboxRow(
            id: 7,
            events: (0..<count).map {
                OutboxEvent(
                    day: Postgres.Date(days: 20_000), key: UniqueID(high: 1, low: UInt64($0)), sequence: 1,
                    stored: OutboxEvent.Stored(routingKey: "lease-ip.succeeded", body: []))
            })
    }

    @Test func aRowWhoseEventsAreConfirmedOrGoneIsDone() {
        #expect(Self.row(3).remainder([.confirmed, .dropped, .confirmed]) == nil)
        #expect(Self.row(0).remainder([]) == nil)
    }

    @Test func aRowKeepsOnlyWhatIsNotConfirmed() throws {
        let rest = try #require(
            Self.row(4).remainder([.confirmed, .refused(.seconds(9), reason: "full"), .confirmed, .unknown]))
        #expect(rest.events.map(\.key.low) == [1, 3])
        #expect(rest.delay == OutboxRow.pause)
        #expect(rest.note == "lease-ip.succeeded: full")
        #expect(rest.wasTried)
    }

    @Test func aRowThatIsOnlyHeldWasNotTried() throws {
        let rest = try #require(Self.row(2).remainder([.held(.seconds(3)), .held(.seconds(2))]))
        #expect(rest.delay == .seconds(2))
        #expect(rest.note == nil)
        #expect(!rest.wasTried)
    }

    @Test func answersAreToldFromThoseToAnEarlierBatch() {
        var answers = Answers(first: 100, count: 3)
        answers.note([
            PublishReport(token: 99, outcome: .confirmed), PublishReport(token: 101, outcome: .nacked),
            PublishReport(token: 103, outcome: .confirmed), PublishReport(token: 101, outcome: .confirmed),
        ])
        #expect(answers.outcomes == [.unknown, .nacked, .unknown])
        #expect(answers.open == 2)
    }
}
