import AMQP
import Contracts
import Postgres
import Runtime
import Sealing
import TestSupport
import Testing

@testable import CLI

/// What the command line sends says the version of the contract that this edition writes.
@Suite struct CLIVersionTests {
    /// A command whose contract has been raised once.
    struct Second: Command {
        static let name: CommandName = "second"
        static let version = 2
        static let summary = "Has a second version."
        static let example = Second()
        static let completionExample = Second()
        static let fields: FieldTable<Second> = [.defaulted("note", \.note, .text(0...64), "Anything.")]
        typealias Completion = Second
        var note = ""
    }

    @Test(arguments: [(Second.self, "second.v2"), (LeaseIP.self, "lease-ip")] as [(any Command.Type, String)])
    func aCommandGoesOutAsTheVersionOfItsContract(command: any Command.Type, type: String) {
        let request = Producer.Request(command: command, id: "m-1", payload: [])
        let message = Producer.message(of: request, at: Timestamp(microseconds: 5_000_000))
        #expect(message.properties.type == type)
        #expect(message.properties.timestamp == 5)
        let envelope = Envelope.read(
            WireMessage(
                Delivery(
                    queue: "q", exchange: message.exchange, routingKey: message.routingKey,
                    properties: message.properties, body: message.body)))
        #expect(envelope.name == command.name)
        #expect(envelope.version == command.version)
    }

    @Test(.database, arguments: [("second", 2), ("lease-ip", 1), ("unheard-of", 1)])
    func aReplayedJobGoesOutAsTheVersionOfItsContract(command: String, version: Int) throws {
        try LeaseDatabase.with(addresses: 0) { base in
            let database = try base.connect()
            defer { database.close() }
            let key = UniqueID(bytes: Digest.key(command, Topology.defaultTenant, "job-1"))
            let payload = Bytes(LeaseDatabase.keys.seal(Array("{}".utf8), context: SealContext.job))
            try database.execute(
                """
                INSERT INTO job_key (key, day, state, turn, attempt, sequence, body_hash)
                VALUES (\(key), current_date, 'd', 3, 5, 1, sha256(''))
                """)
            try database.execute(
                """
                INSERT INTO job (day, key, id, command, tenant, state, attempt, payload, worker)
                VALUES (current_date, \(key), 'job-1', \(command), 'default', 'd', 5, \(payload), 'test')
                """)
            let jobs = try FoundJob.all(
                id: "job-1", command: command, tenant: Topology.defaultTenant, horizon: 30, database)
            #expect(jobs.map(\.key) == [key])
            let replay = Replay(
                keys: LeaseDatabase.keys, database: database, commands: [Second.self] + Catalogue.commands)
            #expect(try replay.run(jobs, reason: "a test").moved == [key])

            let due = try database.query("SELECT version, turn, message_id FROM schedule")
            #expect(due.count == 1)
            #expect(try due.get(0, 0, as: Int.self) == version)
            #expect(try due.get(0, 1, as: Int.self) == 4)
            #expect(try due.get(0, 2) == "job-1")
        }
    }
}
