import AMQP
import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// What a process holds in memory is bounded, whatever producers send.
@Suite(.servers) struct MemoryTests {
    /// Half of what `compose.yaml` allows a process.
    static let ceiling = 128 * 1_048_576

    @Test func aWorkerGetsThroughTheLargestCommandsThereAre() throws {
        try withCluster { cluster in
            let commands = 200
            let log = try EventLog(cluster)
            try cluster.addServers(commands)
            let load = try Load(cluster)
            // Workers pass over a field they do not know.
            let padding = String(repeating: "x", count: Topology.bodyLimit - 100)
            let body = Array(#"{"holder":"large","padding":"\#(padding)"}"#.utf8)
            #expect(body.count <= Topology.bodyLimit)
            for number in 1...commands { try load.publish(LeaseIP.name, id: "large-\(number)", body: body) }
            try load.settle()
            let worker = try cluster.start("lease-ip")
            try log.receive { $0.outcomes.count == commands }
            #expect(log.summary == [.succeeded: commands])
            let peak = try worker.peakMemory()
            #expect(peak < Self.ceiling, "\(peak)")
        }
    }

    @Test func theRelayGetsThroughDeadLettersThatAreLargerStill() throws {
        try withCluster { cluster in
            let broker = try cluster.broker()
            defer { broker.close() }
            let letters = 20
            let body = [UInt8](repeating: 0x78, count: 20_000_000)
            for _ in 1...letters {
                let message = OutgoingMessage(
                    exchange: "", routingKey: Topology.deadLetterQueue, properties: Properties(isPersistent: true),
                    body: body, mandatory: true, token: 0)
                _ = try broker.publish(message)
            }
            let relay = try cluster.start("relay")
            try eventually("every letter is kept") {
                try cluster.number("SELECT count(*) FROM stray") == letters
            }
            #expect(try cluster.number("SELECT max(length(body)) FROM stray") < 2 * Topology.bodyLimit)
            #expect(try relay.peakMemory() < Self.ceiling)
        }
    }
}

extension RunningProcess {
    /// The most it has ever had in memory, in bytes.
    fileprivate func peakMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let kilobytes = try #require(line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) })
        return kilobytes * 1024
    }
}
