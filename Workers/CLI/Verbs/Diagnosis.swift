import AMQP
import Contracts
import Depth
import Runtime

/// The checks of the doctor. Each answers, whatever state it finds.
enum Diagnosis {
    static func settings(_ reach: Reach) -> [Finding] {
        let addresses: Addresses
        do throws(Failure) { addresses = try reach.resolved() } catch {
            return [.fail("settings", error.lines.joined(separator: "; "), fix: "correct the environment")]
        }
        var findings = [Finding.ok("settings", "readable")]
        guard let file = addresses.keyFile else {
            return findings + [
                .fail("key file", "RUCHE_KEY_FILE is not set", fix: "ruche keys generate FILE, then set RUCHE_KEY_FILE")
            ]
        }
        do throws(SealingError) {
            let keys = try KeyRing(contentsOf: file)
            findings.append(
                keys.isWorldReadable
                    ? .warn("key file", "\(file) can be read by everybody", fix: "chmod 600 \(file)")
                    : .ok("key file", "\(keys.keyIDs.count) key(s)"))
        } catch {
            findings.append(
                .fail("key file", "\(error)", fix: "restore \(file) from a backup; without it nothing opens"))
        }
        return findings
    }

    /// - Parameter paused: the commands whose queues an operator holds back.
    static func broker(_ reach: Reach, paused: Set<String>) -> [Finding] {
        let connection: AMQP.Connection
        do throws(Failure) { connection = try reach.broker() } catch {
            return [.fail("broker", error.lines[0], fix: "check AMQP_URL: host, port, user, password, virtual host")]
        }
        defer { connection.close() }
        var findings = [version(connection.broker)]
        for command in Catalogue.commands {
            let name = command.name.rawValue
            findings.append(queue(of: command.name, connection, isPaused: paused.contains(name)))
        }
        findings.append(deadLetters(connection))
        findings.append(policies(reach))
        return findings
    }

    private static func policies(_ reach: Reach) -> Finding {
        let names = Topology.policies.map(\.name).joined(separator: ", ")
        do {
            guard let management = try reach.management() else {
                return .warn(
                    "policies", "cannot be seen over AMQP",
                    fix: "set RABBITMQ_MANAGEMENT_URL; rabbitmqctl list_policies should show: \(names)")
            }
            var missing: [String] = []
            for policy in Topology.policies where try !management.has(policy) { missing.append(policy.name) }
            return missing.isEmpty
                ? .ok("policies", names)
                : .fail("policies", "missing: \(missing.joined(separator: ", "))", fix: "ruche migrate")
        } catch {
            return .warn(
                "policies", Failure(error).lines[0],
                fix: "check RABBITMQ_MANAGEMENT_URL; who may see policies has the tag `policymaker`")
        }
    }

    private static func version(_ broker: Broker) -> Finding {
        let found = "\(broker.product) \(broker.version)"
        if broker.version < Broker.Version(3, 10) {
            return .fail("broker", found, fix: "upgrade to 3.10 or later: at-least-once dead-lettering needs it")
        }
        if broker.version >= Broker.Version(4, 0) {
            return .warn("broker", found, fix: "its default delivery limit is 20: the policies must set ours")
        }
        return .ok("broker", found)
    }

    private static func queue(
        of command: CommandName, _ connection: AMQP.Connection, isPaused: Bool
    ) -> Finding {
        let name = Topology.queue(for: command)
        do throws(AMQPError) {
            guard let queue = try connection.inspectQueue(name) else {
                return .fail(name, "missing", fix: "ruche migrate")
            }
            let found = "\(queue.messages) ready, \(queue.consumers) consumers"
            if isPaused { return .warn(name, "paused; \(found)", fix: "ruche queues resume \(command)") }
            return queue.consumers == 0 ? .warn(name, found, fix: "start its worker") : .ok(name, found)
        } catch {
            return .fail(name, "\(error)", fix: "give the user the right to read it")
        }
    }

    private static func deadLetters(_ connection: AMQP.Connection) -> Finding {
        let queue = (try? connection.inspectQueue(Topology.deadLetterQueue)) ?? nil
        guard let queue else { return .fail(Topology.deadLetterQueue, "missing", fix: "ruche migrate") }
        let found = "\(queue.messages) ready, \(queue.consumers) consumers"
        return queue.consumers == 0
            ? .warn(Topology.deadLetterQueue, found, fix: "start the relay") : .ok(Topology.deadLetterQueue, found)
    }

    /// The commands whose queues are held back; none where the database cannot be asked, which is a finding of its own.
    static func paused(_ reach: Reach) -> Set<String> {
        guard let database = try? reach.database() else { return [] }
        defer { database.close() }
        return (try? Verb.pausedCommands(database)) ?? []
    }

    static func database(_ reach: Reach) -> [Finding] {
        let connection: Postgres.Connection
        do throws(Failure) { connection = try reach.database() } catch {
            return [.fail("database", error.lines[0], fix: "check DATABASE_URL or PGHOST, PGUSER, PGDATABASE")]
        }
        defer { connection.close() }
        do throws(PostgresError) { return try DatabaseDiagnosis(connection: connection).findings() } catch {
            return [.fail("database", "\(error)", fix: "ruche migrate; check the user's rights")]
        }
    }
}
