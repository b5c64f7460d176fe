import AMQP
import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// Debian's syslog-ng, with the configuration of `compose/syslog-ng`, before the real worker.
@Suite(.servers, .syslogNG) struct SyslogNGTests {
    /// RFC 3339 to the microsecond.
    private func text(_ time: Timestamp) -> String {
        let rest = String(time.microseconds % 1000)
        return "\(time.rfc3339.dropLast())\(String(repeating: "0", count: 3 - rest.count))\(rest)Z"
    }

    /// Lines as a program writes them to syslog (RFC 5424), a microsecond apart.
    private func lines(_ numbers: Range<Int>, from start: Timestamp) -> [UInt8] {
        let lines = numbers.map { number in
            let time = text(Timestamp(microseconds: start.microseconds + Int64(number)))
            return "<\(8 + number % 8)>1 \(time) web-\(number % 5) shop 4711 - - line \(number)\n"
        }
        return Array(lines.joined().utf8)
    }

    /// One worker dies with what it has stored unacknowledged; the next is given it again.
    @Test(arguments: [true, false])
    func tenThousandLinesAreFoundAfterAWorkerIsKilled(haveIDs: Bool) throws {
        try withLogs { logs in
            let proxy = try TCPProxy(AMQPURI(parsing: logs.cluster.environment["AMQP_URL"]!))
            defer { proxy.close() }
            let address = try TestServers.url(
                logs.cluster.servers.amqpURL.replacing(/:\d+\//, with: ":\(proxy.port)/"),
                path: logs.cluster.name)
            let first = try logs.cluster.start("ingest-logs", ["AMQP_URL": address, "PREFETCH": "200"])
            let shipper = try SyslogNG(logs.cluster, haveIDs ? "" : #"id("")"#)
            let start = Timestamp.now
            try shipper.write(lines(0..<5000, from: start))
            try eventually("lines are stored") { try logs.kept() >= 1000 }

            // The worker is made to wait before it stores a batch, and to store it when nobody hears its
            // acknowledgements.
            let other = try logs.cluster.database()
            defer { other.close() }
            let transaction = other.begin()
            try transaction.execute("LOCK TABLE log_chunk IN SHARE MODE")
            try shipper.write(lines(5000..<10_000, from: start))
            try eventually("a batch waits") {
                try logs.cluster.number(
                    """
                    SELECT count(*) FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock'
                    """) > 0
            }
            let before = try logs.kept()
            proxy.inflict(.frozen)
            transaction.rollback()
            try eventually("the batch is stored") { try logs.kept() > before }
            first.kill()
            let unacknowledged = try logs.kept() - before
            proxy.close()

            let second = try logs.cluster.start("ingest-logs")
            try eventually("everything was sent and stored", within: 120) {
                try shipper.written() == 10_000
                    && logs.cluster.number("SELECT count(DISTINCT line) FROM log_chunk, unnest(lines) AS line")
                        >= 10_000
            }
            try eventually("nothing is left in the queue") {
                try Rest(logs.cluster, commands: [IngestLogs.name]).queued == 0
            }
            // Before the worker ends: what a channel that is closed has not told yet is not counted.
            try eventually("the broker has counted what it gave out again") {
                try logs.cluster.redeliveries(IngestLogs.name) >= unacknowledged
            }
            #expect(second.terminate() == 0)

            let found = try logs.found(["--since", "1d", "--limit", "20000", "service=shop"])
            let wanted = (0..<10_000).map { "line \($0)" }
            if haveIDs {
                #expect(found == wanted, "each once, in the order of their times")
            } else {
                #expect(Set(found) == Set(wanted))
                #expect(found.count >= 10_000 + unacknowledged, "what was stored and not acknowledged is there twice")
            }
            #expect(try logs.counted() == logs.kept())
        }
    }

    /// A line as syslog-ng reads it, and what becomes of it.
    private struct Example {
        let head: String
        var text: [UInt8]
        let labels: [String: String]
        var level = "info"
        var metadata: [String: String] = [:]
        let line: String

        init(
            _ head: String, _ text: String, host: String? = "web-1", service: String = "shop", level: String = "info",
            metadata: [String: String] = [:], line: String? = nil
        ) {
            (self.head, self.text, self.level, self.metadata) = (head, Array(text.utf8), level, metadata)
            labels = ["service_name": service, "host": host].compactMapValues { $0 }
            self.line = line ?? text
        }
    }

    @Test func aSyslogMessageBecomesALineWithItsHostProgramLevelAndPid() throws {
        try withLogs { logs in
            try logs.cluster.start("ingest-logs")
            let shipper = try SyslogNG(logs.cluster, options: "log-msg-size(262144);")
            let long = "long " + String(repeating: "é", count: 100_000)
            let program = String(repeating: "p", count: 3000)
            var examples = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"].enumerated()
                .map { number, word in
                    let level = ["fatal", "fatal", "fatal", "error", "warn", "info", "info", "debug"][number]
                    return Example(
                        "<\(24 + number)>1 TIME web-1 shop 47 - -", "severity \(word)", level: level,
                        metadata: ["pid": "47", "severity": word])
                }
            examples += [
                Example("<30>1 TIME - - - - -", "ERROR who says this?", host: nil, service: "unknown_service"),
                Example("<30>1 TIME web-1 shop - - [a@1 b=\"c\"]", #"a "quoted" text, C:\new and \u0041 {"x":[1]}"#),
                Example("<30>1 TIME web-1 shop - - -", "tab\there, escape \u{1B}[2J, delete \u{7F}, bell \u{7}"),
                Example("<30>1 TIME web-1 shop - - -", "ünïcode € 🐝 $HOST ${PROGRAM} `x` $(uuid)"),
                Example("<30>1 TIME web-1 shop - - -", long),
                Example("<30>1 TIME web-1 shop - - -", "", line: " "),
                // syslog-ng itself cuts what RFC 5424 wants no longer.
                Example("<30>1 TIME web-1 \(program) - - -", "whose", service: String(program.prefix(48))),
                Example("<30>1 TIME web-1 shop - - -", "bad UTF-8", line: #"bad \xff\xc3( UTF-8"#),
            ]
            examples[examples.count - 1].text = Array("bad ".utf8) + [0xFF, 0xC3, 0x28] + Array(" UTF-8".utf8)
            let start = Timestamp.now
            func time(_ number: Int) -> Timestamp { Timestamp(microseconds: start.microseconds + Int64(number)) }
            for (number, example) in examples.enumerated() {
                let head = example.head.replacing("TIME", with: text(time(number)))
                try shipper.write(Array((head + " ").utf8) + example.text + [10])
            }
            try eventually("everything is stored") { try logs.kept() >= examples.count }

            let run = try logs.cluster.run("ruche", ["logs", "--json"])
            let object = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
            let found = try #require(object as? [[String: Any]])
            #expect(found.count == examples.count)
            for (number, (line, example)) in zip(found, examples).enumerated() {
                let name = Comment(rawValue: "\(example.line.prefix(40))")
                #expect(line["line"] as? String == example.line, name)
                let stamp = try #require(line["time"] as? String, name)
                #expect(Timestamp(rfc3339: stamp) == time(number), name)
                var labels = try #require(line["labels"] as? [String: String], name)
                // Who wrote it is not said: syslog-ng says where it was read.
                if example.labels["host"] == nil { labels["host"] = nil }
                #expect(labels == example.labels, name)
                #expect(line["level"] as? String == example.level, name)
                let metadata = line["metadata"] as? [String: String] ?? [:]
                #expect(metadata["pid"] == example.metadata["pid"], name)
                if let word = example.metadata["severity"], word != example.level {
                    #expect(metadata["severity"] == word, name)
                }
            }
        }
    }

    /// Lines that are no syslog messages, with their level in the text and with more fields wanted.
    @Test func plainLinesOfAFileHaveTheLevelThatIsFoundInThem() throws {
        try withLogs { logs in
            try logs.cluster.start("ingest-logs")
            let shipper = try SyslogNG(
                logs.cluster, #"severity("") fields("--pair file=${FILE_NAME} --pair shift=night")"#, flags: "no-parse")
            try shipper.write(Array("ERROR it broke\nDEBUG: why\nnothing said\n".utf8))
            // What is longer than log-msg-size comes in pieces.
            try shipper.write(Array((String(repeating: "x", count: 100_000) + "\n").utf8))
            try eventually("everything is stored") { try logs.kept() >= 5 }
            let run = try logs.cluster.run("ruche", ["logs", "--json"])
            let object = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
            let found = try #require(object as? [[String: Any]])
            // Read at once, they have the same time.
            let levels = found.map { "\(($0["line"] as? String ?? "").utf8.count) \($0["level"] ?? "")" }
            #expect(Set(levels) == ["14 error", "10 debug", "12 unknown", "65536 unknown", "34464 unknown"])
            for line in found {
                let metadata = try #require(line["metadata"] as? [String: String])
                #expect(metadata["file"]?.hasSuffix(".in") == true)
                #expect(metadata["shift"] == "night")
            }
        }
    }

    @Test(.tls) func linesTravelOverTLS() throws {
        try withLogs { logs in
            let tls = try TestTLS.require()
            let uri = try AMQPURI(parsing: tls.amqpURL(virtualHost: logs.cluster.name))
            try logs.cluster.start("ingest-logs")
            let files = try #require(uri.tls)
            let shipper = try SyslogNG(
                logs.cluster,
                """
                host("localhost") port(\(uri.hosts[0].port)) tls(ca-file("\(files.authorities!)")
                    cert-file("\(files.certificate!)") key-file("\(files.key!)") peer-verify(yes))
                """)
            try shipper.write(lines(0..<10, from: .now))
            try eventually("everything is stored") { try logs.kept() == 10 }
            try eventually("the broker shows the connection, which has no name") {
                try BrokerConnection.list(virtualHost: logs.cluster.name, by: logs.cluster.servers)
                    .contains { $0.name.isEmpty && $0.tls != nil }
            }
        }
    }

    /// What syslog-ng wrote into a connection that nobody read any more is lost, as the documentation says: it learns
    /// of the end when a later message fails.
    @Test(.enabled(if: ServerControl.command != nil || TestServers.isCI, "needs the servers of scripts/test"))
    func linesThatComeWhileTheBrokerIsAwayWaitForIt() throws {
        try withLogs { logs in
            try logs.cluster.start("ingest-logs")
            let shipper = try SyslogNG(logs.cluster)
            let start = Timestamp.now
            try shipper.write(lines(0..<1000, from: start))
            try eventually("what came before is stored") { try logs.kept() == 1000 }
            try ServerControl.run("stop broker")
            try shipper.write(lines(1000..<2000, from: start))
            try shipper.process.waitForLine(containing: "Network error")
            try ServerControl.run("start broker")
            try eventually("what came meanwhile was sent") { try shipper.written() == 2000 }
            try shipper.write(lines(2000..<3000, from: start))
            try eventually("the last line is stored") { try logs.stored()["line 2999"] == 1 }
            let found = try logs.found(["--since", "1d", "--limit", "5000", "service=shop"])
            let missing = 3000 - found.count
            #expect(missing <= 100, "what was written before the failure showed")
            let wanted = Array(0..<1000) + Array((1000 + missing)..<3000)
            #expect(found == wanted.map { "line \($0)" })
        }
    }
}
