import AMQP
import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// Lines of logs on their way to a Loki: each is there, once, with its labels, time, metadata and level.
@Suite(.servers) struct LokiTests {
    @Test func tenThousandLinesArriveOnceEach() throws {
        try withLoki { fixture in
            try fixture.start()
            try fixture.publish(0..<500, lines: 20)
            try fixture.succeed(500)
            let state = try fixture.loki.state()
            #expect(state.lines.count == 10_000)
            #expect(state.duplicates == 0)
            #expect(try fixture.kept().values.allSatisfy { $0 == 1 })
            // Many messages travel together, compressed.
            #expect(state.pushes < 250)
            #expect(state.bytes < 10_000 * 30)
            // The database has the ledger, and no line.
            #expect(try fixture.logs.kept() == 0 && fixture.logs.counted() == 0)
        }
    }

    @Test func whatAMessageSaysOfALineIsSaidToLoki() throws {
        try withLoki { fixture in
            try fixture.start()
            let now = Timestamp.now.microseconds * 1000
            let streams = #"""
                {"streams":[{"stream":{"host":"web-1","app":"shop","ruche_tenant":"forged"},"values":[
                    ["\#(now)","an \"error\" \u0000 here",{"trace_id":"t\"1"}],
                    ["\#(now - 8 * 86_400_000_000_000)","old"],
                    ["\#(now + 1)","said",{"detected_level":"fatal"}]]}]}
                """#
            let completion = try fixture.logs.ingested("streams", Array(streams.utf8))
            #expect(completion.accepted == 2)
            #expect(completion.reasons.map(\.code) == ["too-old"])
            #expect(completion.reasons.map(\.pointer) == ["/streams/0/values/1/0"])
            let record = #"{"records":[{"message":"plain","host":"h","level":"warning","time":"\#(now / 1_000_000)"}]}"#
            #expect(try fixture.logs.ingested("records", Array(record.utf8)).accepted == 1)
            let lines = Dictionary(uniqueKeysWithValues: try fixture.loki.state().lines.map { ($0.line, $0) })
            #expect(lines.count == 3)
            let error = try #require(lines["an \"error\" \u{FFFD} here"])
            #expect(
                error.labels == [
                    "app": "shop", "host": "web-1", "ruche_tenant": "default", "service_name": "shop",
                ])
            #expect(error.at == "\(now)")
            #expect(error.metadata == ["trace_id": "t\"1", "detected_level": "error"])
            #expect(lines["said"]?.metadata == ["detected_level": "fatal"])
            #expect(lines["plain"]?.metadata == ["level": "warning", "detected_level": "warn"])
            #expect(lines["plain"]?.at == "\(now / 1_000_000)000000")
        }
    }

    @Test func tenantsAreLokisOwnWhereThatIsAsked() throws {
        try withLoki { fixture in
            try fixture.loki.set(["tenant": true])
            try fixture.start(["LOKI_TENANT": "prod-{tenant}"])
            let body = IngestLogsFixture.message(["a line"]).json()
            for tenant in ["acme", "other", "not one/of Loki's"] {
                try fixture.logs.load.publish(IngestLogs.name, id: tenant, body: body) {
                    $0.headers["tenant"] = .string(tenant)
                }
            }
            try fixture.logs.load.settle()
            try fixture.logs.log.receive { $0.outcomes.count == 3 }
            let lines = try fixture.loki.state().lines
            #expect(Set(lines.map(\.tenant)) == ["prod-acme", "prod-other"])
            #expect(lines.allSatisfy { $0.labels["ruche_tenant"] == nil })
            let failed = try #require(fixture.logs.log.outcomes["not one/of Loki's"])
            #expect(try Reason(json: failed.data).reason == "tenant-invalid")
        }
    }

    @Test func whatLokiRefusesIsToldAndTheRestIsThere() throws {
        try withLoki { fixture in
            try fixture.loki.set(["refuse": "^bad"])
            try fixture.start(["PREFETCH": "100"])
            // Two of these are pushed together with others that are well.
            for message in 0..<20 {
                let lines = (0..<50).map { (message < 2 && $0 % 10 == 3 ? "bad" : "good") + " \(message) \($0)" }
                try fixture.logs.load.publish(IngestLogsFixture.message(lines, hosts: 2), id: "\(message)")
            }
            try fixture.logs.load.settle()
            try fixture.succeed(20)
            for message in 0..<2 {
                let event = try #require(fixture.logs.log.outcomes["\(message)"])
                let completion = try LogsIngested(json: event.data)
                #expect(completion.accepted == 45)
                #expect(completion.rejected == 5)
                #expect(completion.reasons.map(\.code) == ["out-of-order"])
            }
            let kept = try fixture.kept()
            #expect(kept.count == 990)
            #expect(kept.values.allSatisfy { $0 == 1 })
        }
    }

    @Test func withoutACountTheRefusedLinesAreFoundByTheirPlaces() throws {
        try withLoki { fixture in
            try fixture.loki.set(["refuse": "^bad", "terse": true])
            try fixture.start()
            let lines = (0..<100).map { ($0 == 17 || $0 == 80 ? "bad" : "good") + " \($0)" }
            try fixture.logs.load.publish(IngestLogsFixture.message(lines), id: "a")
            let completion = try LogsIngested(json: fixture.logs.log.outcome(of: "a").data)
            #expect(completion.accepted == 98)
            #expect(completion.reasons.map(\.pointer) == ["/records/17"])
            #expect(completion.reasons.map(\.count) == [2])
            #expect(completion.reasons.first?.message == "some lines were refused")
            // Too many to be found one by one.
            let hopeless = (0..<100).map { ($0 % 2 == 0 ? "bad" : "good") + " b\($0)" }
            try fixture.logs.load.publish(IngestLogsFixture.message(hopeless), id: "b")
            let failed = try fixture.logs.log.outcome(of: "b")
            #expect(failed.kind == .failed)
            #expect(try Reason(json: failed.data).reason == "loki-refused")
            #expect(try fixture.attempts() == 1)
        }
    }

    @Test(.tls) func overTLSWithItsAuthorityAndNoOther() throws {
        let tls = try TestTLS.require()
        try withLoki(tls: tls) { fixture in
            try fixture.publish(0..<5)
            let stranger = try fixture.start(["LOKI_CA_FILE": "\(tls.directory)/stranger.pem"])
            try stranger.waitForLine(containing: "certificate")
            #expect(try !fixture.isReady(stranger))
            stranger.terminate()
            #expect(try fixture.loki.state().pushes == 0)
            try fixture.start(["LOKI_CA_FILE": "\(tls.directory)/ca.pem"])
            try fixture.succeed(5)
            #expect(try fixture.kept().count == 50)
        }
    }
}
