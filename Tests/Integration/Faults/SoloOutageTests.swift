import AMQP
import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// A worker that waits for what its handler needs besides the database.
@Suite(.servers) struct SoloOutageTests {
    @Test func aWorkerKilledAgainAndAgainWhileItWaitsBuriesNoCommand() throws {
        try withLoki { fixture in
            try fixture.loki.set(["status": 429, "retry_after": 30])
            try fixture.logs.load.publish(
                IngestLogs.name, id: "0", body: IngestLogsFixture.message(["line 0 0"], hosts: 1).json()
            ) { $0.headers = ["x-delivery-count": 1] }
            try fixture.logs.load.settle()
            for _ in 0..<5 {
                let asked = try fixture.loki.state().answered
                let worker = try fixture.start()
                try fixture.loki.wait(for: "it is asked") { $0.answered > asked }
                try eventually("no start is left in the ledger", within: 15) {
                    try HostileMessageTests.soloStarts(fixture.logs.cluster) == 0
                }
                worker.kill()
            }
            try fixture.loki.set(["status": 0])
            try fixture.start()
            try fixture.succeed(1)
            #expect(try fixture.kept() == ["line 0 0": 1])
            #expect(try fixture.attempts() == 1)
        }
    }

    /// Without a relay: whatever leaves the outbox was forgotten by the worker that published it.
    @Test(arguments: ["60s", "1s"])
    func eventsThatAreConfirmedAreForgottenDuringAnOutage(hold: String) throws {
        try withLoki { fixture in
            try fixture.loki.set(["hold": true])
            let worker = try fixture.start(["HOLD_LIMIT": hold])
            try fixture.publish(0..<1)
            try fixture.loki.wait(for: "a push is held") { $0.held == 1 }
            try fixture.publish(1..<2)
            try fixture.loki.set(["hold": false, "status": 429, "retry_after": 30])
            try fixture.succeed(1)
            try worker.waitForLine(containing: hold == "1s" ? "still away" : "admitting a batch again")
            try eventually("the outbox is empty", within: 15) {
                try fixture.logs.cluster.number("SELECT count(*) FROM outbox") == 0
            }
            #expect(fixture.logs.log.outcomes.count == 1)
            try fixture.loki.set(["status": 0])
        }
    }
}
