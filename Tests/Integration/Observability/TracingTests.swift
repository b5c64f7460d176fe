import AMQP
import Contracts
import Foundation
import Runtime
import TestSupport
import Testing

/// A trace on its way through the cluster: carried always, and exported to a receiver that reads with OpenTelemetry's
/// own classes.
@Suite(.servers) struct TracingTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let span = "00f067aa0ba902b7"
    private static let parent = "00-\(trace)-\(span)-01"
    private static let unsampled = "00-\(trace)-\(span)-00"
    private static let state = "vendor=1"

    private static func carry(_ parent: String, _ state: String) -> (inout Properties) -> Void {
        {
            $0.headers[Topology.traceparentHeader] = .string(parent)
            $0.headers[Topology.tracestateHeader] = .string(state)
        }
    }

    @Test func aContextIsOnEveryEventAndOnWhatTheCommandGivesRiseTo() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            try cluster.addServers(1)
            let log = try EventLog(cluster)
            for process in ["relay", "ProbeWorker", "lease-ip"] { try cluster.start(process) }
            let load = try Load(cluster)
            let carry = Self.carry(Self.parent, Self.state)
            try load.publish(Cluster.probe, id: "dead", body: Cluster.probe("transient"), change: carry)
            try load.publish(LeaseIP.name, id: "lease", body: LeaseIP(holder: "a").json(), change: carry)
            try load.settle()
            try log.receive { $0.outcomes.count == 2 }
            try log.receive { $0.events.filter { $0.subject == "dead" }.count == 3 }
            // The lease runs out at once.
            let database = try cluster.database()
            defer { database.close() }
            try database.script(
                """
                UPDATE lease SET expires_at = now() - interval '1 second';
                UPDATE schedule SET due_at = now() WHERE command = 'expire-lease'
                """)
            try log.receive { $0.outcomes.values.contains { $0.command == ExpireLease.name } }
            #expect(try cluster.ruche("dead", "replay", "dead", "--command", "probe").status == 0)
            try log.receive { $0.events.filter { $0.subject == "dead" && $0.kind == .dead }.count == 2 }
            #expect(log.events.count >= 8)
            for event in log.events {
                #expect(event.traceparent == Self.parent, "\(event.kind) of \(event.command)")
                #expect(event.tracestate == Self.state, "\(event.kind) of \(event.command)")
            }
        }
    }

    @Test func aContextThatIsNotWellFormedIsLeftOutAndHarmsNothing() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            try cluster.start("ProbeWorker")
            let load = try Load(cluster)
            let zero = "00-\(String(repeating: "0", count: 32))-\(Self.span)-01"
            let long = String(repeating: "a", count: 513)
            let examples = [("x", "v=1"), (zero, "v=1"), (Self.parent, long), (Self.parent, "a\nb")]
            for (number, (parent, state)) in examples.enumerated() {
                try load.publish(
                    Cluster.probe, id: "\(number)", body: Cluster.probe("succeed"), change: Self.carry(parent, state))
            }
            try load.settle()
            try log.receive { $0.outcomes.count == 4 }
            #expect(log.summary == [.succeeded: 4])
            #expect(log.outcomes.values.filter { $0.traceparent != nil }.map(\.subject).sorted() == ["2", "3"])
            #expect(log.outcomes.values.allSatisfy { $0.tracestate == nil })
        }
    }

    @Test(.otlp) func aTraceGoesFromTheCommandLineThroughTheWorkerToTheEventAndTheDeadline() throws {
        try withCluster { cluster in
            try cluster.addServers(1)
            let receiver = try OTLPReceiver()
            let log = try EventLog(cluster)
            let worker = try cluster.start(
                "lease-ip", receiver.settings.merging(["OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"]) { $1 })
            let sent = try cluster.run(
                "ruche", ["enqueue", "lease-ip", "--set", "holder=a", "--id", "job-1", "--correlation", "c-1"],
                receiver.settings.merging(["TRACEPARENT": Self.parent, "TRACESTATE": Self.state]) { $1 })
            #expect(sent.status == 0 && sent.errors.isEmpty, "\(sent.errors)")
            let event = try log.outcome(of: "job-1")
            let state = try receiver.wait(for: "both spans") { $0.spans.count == 2 }
            #expect(state.violations == [])
            let published = try #require(state.spans.first { $0.kind == "SPAN_KIND_PRODUCER" })
            let processed = try #require(state.spans.first { $0.kind == "SPAN_KIND_CONSUMER" })
            #expect(published.name == "publish lease-ip" && processed.name == "process lease-ip")
            #expect([published.trace, processed.trace] == [Self.trace, Self.trace])
            #expect(published.parent == Self.span)
            #expect(processed.parent == published.span)
            #expect([published.state, processed.state] == [Self.state, Self.state])
            #expect([published.resource, processed.resource].map { $0["service.name"] } == ["ruche", "lease-ip"])
            for span in [published, processed] {
                #expect(span.status == "STATUS_CODE_UNSET" && span.scope == "ruche" && span.flags & 1 == 1)
                #expect(span.attributes["messaging.system"] == "string rabbitmq")
                #expect(span.attributes["messaging.rabbitmq.destination.routing_key"] == "string lease-ip")
                #expect(span.attributes["messaging.message.id"] == "string job-1")
                #expect(span.attributes["messaging.message.conversation_id"] == "string c-1")
            }
            #expect(published.attributes["messaging.destination.name"] == "string ruche.commands:lease-ip")
            #expect(published.attributes["messaging.operation.type"] == "string send")
            let destination = "string ruche.commands:lease-ip:ruche.lease-ip"
            #expect(processed.attributes["messaging.destination.name"] == destination)
            #expect(processed.attributes["messaging.operation.name"] == "string process")
            #expect(processed.attributes["ruche.job.attempt"] == "int 1")
            #expect(processed.attributes["ruche.job.outcome"] == "string succeeded")
            #expect(processed.attributes["ruche.tenant"] == "string default")
            #expect(processed.attributes["ruche.batch.commands"] == "int 1")
            #expect(processed.attributes["ruche.job.wait"]?.hasPrefix("double ") == true)
            let context = "00-\(Self.trace)-\(processed.span)-01"
            #expect(event.traceparent == context && event.tracestate == Self.state)
            #expect(event.id.description.replacing("-", with: "").hasSuffix(processed.span))
            #expect(try cluster.number("SELECT count(*) FROM schedule WHERE traceparent = \(context)") == 1)
            let given = "%\(published.span)-01"
            #expect(try cluster.number("SELECT count(*) FROM job WHERE traceparent LIKE \(given)") == 1)
            try eventually("the span is counted") {
                try Scrape(worker).text.contains("\nruche_spans_exported_total 1\n")
            }
            #expect(try Self.sum(of: "ruche_spans_dropped_total", in: Scrape(worker).text) == 0)
        }
    }

    @Test(.otlp) func eachLineOfAFileIsASpanAndAMessageOfItsTrace() throws {
        try withCluster { cluster in
            let receiver = try OTLPReceiver()
            let lines = (1...3).map { #"{"holder":"h-\#($0)"}"# }.joined(separator: "\n") + "\n"
            let done = try cluster.run(
                "ruche", ["enqueue", "lease-ip", "--ndjson"], input: lines,
                receiver.settings.merging(["OTEL_TRACES_SAMPLER": "parentbased_always_on"]) { $1 })
            #expect(done.status == 0, "\(done.errors)")
            // The command has waited for its spans to be taken.
            let state = try receiver.state()
            #expect(state.violations == [])
            #expect(state.spans.map(\.kind) == Array(repeating: "SPAN_KIND_PRODUCER", count: 3))
            #expect(state.spans.allSatisfy { $0.parent.isEmpty && $0.status == "STATUS_CODE_UNSET" })
            #expect(Set(state.spans.map(\.trace)).count == 3, "each begins a trace of its own")
            let broker = try cluster.broker()
            defer { broker.close() }
            _ = try broker.consume(Topology.queue(for: LeaseIP.name), prefetch: 0, noAck: true, exclusive: true)
            var carried: Set<String?> = []
            for _ in 1...3 {
                let message = try #require(try broker.receive(within: .seconds(60)))
                carried.insert(message.properties.headers[Topology.traceparentHeader]?.stringValue)
            }
            let sent: Set<String?> = Set(state.spans.map { "00-\($0.trace)-\($0.span)-01" })
            #expect(carried == sent)
        }
    }

    @Test(
        "Each attempt is a span, under what came with the command or under the first of them", .otlp,
        arguments: [true, false])
    func attempts(hasParent: Bool) throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let receiver = try OTLPReceiver()
            let log = try EventLog(cluster)
            let sampler = ["OTEL_TRACES_SAMPLER": "parentbased_always_on"]
            try cluster.start("relay")
            try cluster.start("ProbeWorker", receiver.settings.merging(sampler) { $1 })
            let load = try Load(cluster)
            try load.publish(Cluster.probe, id: "unsampled", body: Cluster.probe("succeed")) {
                $0.headers[Topology.traceparentHeader] = .string(Self.unsampled)
            }
            try load.publish(Cluster.probe, id: "job", body: Cluster.probe("recover")) {
                if hasParent { $0.headers[Topology.traceparentHeader] = .string(Self.parent) }
            }
            try load.settle()
            try log.receive { $0.outcomes.count == 2 }
            #expect(log.outcomes["unsampled"]?.traceparent == Self.unsampled)
            let state = try receiver.wait(for: "three attempts") { $0.spans.count == 3 }
            #expect(state.violations == [])
            let spans = state.spans.sorted { $0.start < $1.start }
            let first = try #require(spans.first)
            #expect(Set(spans.map(\.trace)).count == 1)
            #expect(hasParent == (first.trace == Self.trace))
            #expect(first.parent == (hasParent ? Self.span : ""))
            #expect(spans.dropFirst().allSatisfy { $0.parent == (hasParent ? Self.span : first.span) })
            #expect(spans.map { $0.attributes["ruche.job.attempt"] } == ["int 1", "int 2", "int 3"])
            let outcomes = spans.map { $0.attributes["ruche.job.outcome"] }
            #expect(outcomes == ["string retrying", "string retrying", "string succeeded"])
            #expect(spans.map(\.status) == ["STATUS_CODE_ERROR", "STATUS_CODE_ERROR", "STATUS_CODE_UNSET"])
            #expect(spans.map { $0.attributes["error.type"] } == ["string told-to", "string told-to", nil])
            let events = log.events.filter { $0.subject == "job" }.compactMap(\.traceparent)
            #expect(events == spans.map { "00-\($0.trace)-\($0.span)-01" })
        }
    }

    @Test("A receiver that is not there, or says nothing, costs spans and no command", .otlp, arguments: [true, false])
    func away(isThere: Bool) throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let receiver = try OTLPReceiver()
            try receiver.set(["hang": true])
            let endpoint = isThere ? receiver.url : "http://127.0.0.1:1"
            let log = try EventLog(cluster)
            // Who waited for the receiver would not be done with this test.
            let worker = try cluster.start(
                "ProbeWorker",
                receiver.settings.merging([
                    "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_EXPORTER_OTLP_TIMEOUT": "600000",
                    "OTEL_BSP_MAX_QUEUE_SIZE": "20", "SHUTDOWN_GRACE": "1s",
                ]) { $1 })
            let load = try Load(cluster)
            for number in 0..<200 {
                try load.publish(
                    Cluster.probe, id: "\(number)", body: Cluster.probe("succeed"),
                    change: Self.carry(Self.parent, Self.state))
            }
            try load.settle()
            try log.receive { $0.outcomes.count == 200 }
            #expect(log.summary == [.succeeded: 200])
            try eventually("what finds no room is counted") {
                try Self.sum(of: "ruche_spans_dropped_total", in: Scrape(worker).text) > 0
            }
            #expect(worker.terminate() == 0)
        }
    }

    @Test(.otlp) func nothingIsLostUnderLoadAndEverySpanIsAccountedFor() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let receiver = try OTLPReceiver()
            let log = try EventLog(cluster)
            let worker = try cluster.start("ProbeWorker", receiver.settings)
            let load = try Load(cluster)
            for number in 0..<3000 {
                try load.publish(
                    Cluster.probe, id: "\(number)", body: Cluster.probe("succeed"),
                    change: Self.carry(Self.parent, Self.state))
            }
            try load.settle()
            try log.receive { $0.outcomes.count == 3000 }
            #expect(log.summary == [.succeeded: 3000])
            #expect(try cluster.effects().jobs == 3000)
            var exported = 0
            try eventually("every span is exported or dropped") {
                let text = try Scrape(worker).text
                exported = Self.sum(of: "ruche_spans_exported_total", in: text)
                return exported + Self.sum(of: "ruche_spans_dropped_total", in: text) == 3000
            }
            let state = try receiver.state()
            #expect(state.violations == [])
            #expect(state.spans.count == exported)
            #expect(Set(state.spans.map(\.span)).count == exported, "each has an id of its own")
        }
    }

    private static func sum(of name: String, in text: String) -> Int {
        text.split(separator: "\n").filter { $0.hasPrefix("\(name) ") || $0.hasPrefix("\(name){") }
            .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
    }
}

extension Trait where Self == ConditionTrait {
    /// Runs only with the Python that has OpenTelemetry's classes.
    fileprivate static var otlp: Self {
        .enabled(if: OTLPReceiver.python != nil || TestServers.isCI, "needs scripts/test's Python")
    }
}
