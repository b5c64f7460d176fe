import AMQP
import Contracts
import Postgres
import TestSupport
import Testing

/// A long command that nothing happens to, and how it ends.
@Suite(.servers) struct RunTests {
    @Test func itSucceedsOnceAndTellsHowFarItIs() throws {
        try withCluster { cluster in
            try cluster.prepareLongProbe()
            let log = try EventLog(cluster)
            let load = try Load(cluster)
            try cluster.startLongProbe()
            try load.publish(Cluster.longProbe, id: "one", body: Cluster.longProbe(gate: 1))
            try load.settle()
            try cluster.wait(for: "one", steps: 1)
            // The row is the job now: the broker has nothing in hand.
            let broker = try cluster.broker()
            defer { broker.close() }
            #expect(try broker.inspectQueue(Topology.queue(for: Cluster.longProbe))?.messages == 0)
            try cluster.open("one")

            let event = try log.outcome(of: "one")
            #expect(event.kind == .succeeded && event.attempt == 1)
            #expect(log.events.map(\.sequence) == [1, 2, 3, 4, 5])
            #expect(log.events.dropLast().allSatisfy { $0.kind == .progressed })
            let progress = try log.events.dropLast().map { try $0.decode(Contracts.Progress.self) }
            #expect(progress.map(\.step) == ["begun", "step", "step", "step"])
            #expect(progress.map(\.done) == [nil, 1, 2, 3])
            #expect(try cluster.steps("one").map(\.step) == [0, 1, 2])
            #expect(try cluster.longEffects() == 1)
            #expect(try cluster.hasNoRuns())
        }
    }

    @Test func itEndsAsItsHandlerSays() throws {
        try withCluster { cluster in
            try cluster.prepareLongProbe()
            let log = try EventLog(cluster)
            let load = try Load(cluster)
            try cluster.start("relay")
            try cluster.startLongProbe(["CONCURRENCY": "3"])
            for act in ["refuse", "refuse-late", "recover"] {
                try load.publish(Cluster.longProbe, id: act, body: Cluster.longProbe(act))
            }
            try load.publish(Cluster.longProbe, id: "fault", body: Array(#"{"act":"sing"}"#.utf8))
            try load.settle()
            try log.receive { $0.outcomes.count == 4 }

            #expect(log.outcomes["refuse"]?.kind == .refused)
            #expect(log.outcomes["refuse-late"]?.kind == .refused)
            #expect(log.outcomes["fault"]?.kind == .failed)
            let recovered = try #require(log.outcomes["recover"])
            #expect(recovered.kind == .succeeded && recovered.attempt == 2)
            #expect(log.events.contains { $0.kind == .retrying && $0.subject == "recover" })
            // The second attempt goes on where the first one was.
            #expect(try cluster.steps("recover").filter { $0.step >= 0 }.map(\.step) == [0, 1, 2])
            #expect(try cluster.longEffects() == 1)
            #expect(try cluster.hasNoRuns())
        }
    }

    @Test func theSameIDTwiceIsOneRun() throws {
        try withCluster { cluster in
            try cluster.prepareLongProbe()
            let log = try EventLog(cluster)
            let load = try Load(cluster)
            try cluster.startLongProbe(["CONCURRENCY": "4"])
            let body = Cluster.longProbe(gate: 1)
            for _ in 0..<3 { try load.publish(Cluster.longProbe, id: "one", body: body) }
            try load.publish(Cluster.longProbe, id: "one", body: Cluster.longProbe(steps: 1))
            try load.settle()
            try cluster.wait(for: "one", steps: 1)
            try log.receive { log in log.events.contains { $0.kind == .failed } }
            #expect(try cluster.number("SELECT count(*) FROM run") == 1)
            try cluster.open("one")
            try log.receive { log in log.events.contains { $0.kind == .succeeded } }
            try load.publish(Cluster.longProbe, id: "one", body: body)
            try load.settle()
            try log.receive { log in log.events.count { $0.kind == .succeeded } == 2 }
            #expect(Set(log.events.filter { $0.kind == .succeeded }.map(\.id)).count == 1)
            #expect(try cluster.longEffects() == 1)
        }
    }

    @Test func noMoreRunThanThereAreSlots() throws {
        try withCluster { cluster in
            try cluster.prepareLongProbe()
            let log = try EventLog(cluster)
            let load = try Load(cluster)
            try cluster.startLongProbe(["CONCURRENCY": "2"])
            let ids = (0..<6).map { "job-\($0)" }
            for id in ids { try load.publish(Cluster.longProbe, id: id, body: Cluster.longProbe(gate: 0)) }
            try load.settle()
            let broker = try cluster.broker()
            defer { broker.close() }
            let queue = Topology.queue(for: Cluster.longProbe)
            var open = Set(ids)
            while !open.isEmpty {
                let slots = min(2, open.count)
                try eventually("the slots are taken") {
                    try cluster.number("SELECT count(*) FROM run WHERE state = 'r'") == slots
                }
                // What has no slot is in its queue, for whoever has one, and in nobody's hands.
                #expect(try broker.inspectQueue(queue)?.messages == open.count - slots)
                let database = try cluster.database()
                let running: String = try database.query("SELECT message_id FROM run LIMIT 1").get(0, 0)
                database.close()
                try cluster.open(running)
                try log.outcome(of: running)
                open.remove(running)
            }
            #expect(log.summary == [.succeeded: 6])
            #expect(try cluster.longEffects() == 6)
        }
    }

    @Test func twoRunsOnOneTargetGoOneAfterTheOther() throws {
        try withCluster { cluster in
            try cluster.prepareLongProbe()
            let log = try EventLog(cluster)
            let load = try Load(cluster)
            try cluster.start("relay")
            try cluster.startLongProbe(["CONCURRENCY": "2"])
            let targets = ["server:12", "shop:x"]
            try load.publish(Cluster.longProbe, id: "first", body: Cluster.longProbe(gate: 1, targets: targets))
            try load.settle()
            try cluster.wait(for: "first", steps: 1)
            try load.publish(
                Cluster.longProbe, id: "second", body: Cluster.longProbe(steps: 1, targets: targets.reversed()))
            try load.settle()
            // It waits for a while, and is put aside then.
            try log.receive { log in log.events.contains { $0.kind == .parked && $0.subject == "second" } }
            #expect(try cluster.steps("second").filter { $0.step >= 0 }.isEmpty)
            #expect(try cluster.number("SELECT count(*) FROM run_target") == 2)
            try cluster.open("first")
            try log.receive { $0.outcomes.count == 2 }
            #expect(log.summary == [.succeeded: 2])
            let ends = log.events.filter { $0.kind == .succeeded }.map(\.subject)
            #expect(ends == ["first", "second"])
            #expect(log.outcomes["second"]?.attempt == 1, "waiting is no attempt")
            #expect(try cluster.hasNoRuns())
        }
    }
}
