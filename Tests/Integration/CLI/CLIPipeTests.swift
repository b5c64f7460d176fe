import AMQP
import Contracts
import Foundation
import TestSupport
import Testing

/// The real `ruche` between pipes.
@Suite(.servers) struct CLIPipeTests {
    /// Runs a line of shell in the environment of a cluster, with `ruche` on its path.
    private func shell(_ line: String, _ cluster: Cluster) throws -> FinishedProcess {
        var environment = cluster.environment
        environment["PATH"] = cluster.servers.binaries + ":" + (environment["PATH"] ?? "")
        return try FinishedProcess(path: "/bin/bash", arguments: ["-c", line], environment: environment)
    }

    @Test func exitCodesSayWhatHappened() throws {
        try withCluster { cluster in
            for (line, code) in [
                ("ruche version", 0), ("ruche help", 0), ("ruche nonsense", 2), ("ruche sessions --limit x", 2),
                ("ruche sessions --bogus", 2), ("ruche jobs show no-such-job", 3),
                ("ruche enqueue lease-pi", 3), ("ruche enqueue lease-ip --set ttlSeconds=0", 6),
                ("ruche enqueue lease-ip --set holder=a --wait --timeout 200ms", 124),
                ("AMQP_URL=amqp://127.0.0.1:1/ ruche enqueue lease-ip --set holder=a", 69),
                ("AMQP_URL=nonsense ruche enqueue lease-ip --set holder=a", 2),
                ("DATABASE_URL=postgresql://127.0.0.1:1/x ruche sessions", 69),
                ("timeout --preserve-status -s TERM 0.5 ruche events tail", 143),
                ("timeout --preserve-status -s INT 0.5 ruche events tail", 130),
            ] {
                let finished = try shell(line, cluster)
                #expect(finished.status == code, "\(line): \(finished.errors)")
                #expect(code == 0 || !finished.errors.isEmpty || line.contains("timeout -"), "\(line) is silent")
            }
        }
    }

    @Test func aReaderThatLeavesEndsTheWriterInSilence() throws {
        try withCluster { cluster in
            let piped = try shell("ruche help | head -n 1; echo ${PIPESTATUS[0]}", cluster)
            let lines = piped.output.split(separator: "\n")
            #expect(lines.first == "ruche: durable commands on RabbitMQ and PostgreSQL")
            #expect(lines.last == "0" || lines.last == "141")
            #expect(piped.errors.isEmpty)

            let gone = try shell("ruche help | sleep 0; echo ${PIPESTATUS[0]}", cluster)
            #expect(gone.output == "0\n" || gone.output == "141\n")
            #expect(gone.errors.isEmpty)
        }
    }

    @Test func aClosedStreamIsAnErrorAndNeverTheBrokersSocket() throws {
        try withCluster { cluster in
            let closed = try shell("ruche version >&-", cluster)
            #expect(closed.status == 1)
            #expect(closed.errors == "ruche: stdout: Bad file descriptor\n")

            let full = try shell("ruche version > /dev/full", cluster)
            #expect(full.status == 1)
            #expect(full.errors == "ruche: stdout: No space left on device\n")

            // Published although nothing can be printed: the lines must not have gone into the connection.
            let enqueued = try shell("ruche enqueue lease-ip --set holder=a >&- 2>&- <&-", cluster)
            #expect(enqueued.status == 1)
            let broker = try cluster.broker()
            defer { broker.close() }
            #expect(try broker.ready(Topology.queue(for: LeaseIP.name), 1) == 1)
        }
    }

    @Test func everyFormatSaysTheSame() throws {
        try withCluster { cluster in
            try cluster.insertSessions(named: #"with "quotes", and a comma"#)
            let names = try shell("ruche sessions -o name", cluster)
            #expect(names.output == "3\n2\n1\n")
            let csv = try shell("ruche sessions -o csv", cluster)
            #expect(
                csv.output.hasPrefix("id,name,provider,servers,inserted,updated,unchanged,rejected,created\r\n3,last,"))
            #expect(csv.output.contains("\r\n2,\"with \"\"quotes\"\", and a comma\",,0,12000,"))
            #expect(
                try shell("ruche sessions --json", cluster).output == shell("ruche sessions -o json", cluster).output)
            let lines = try shell("ruche sessions -o jsonl", cluster).output.split(separator: "\n")
            #expect(lines.count == 3)
        }
    }
}
