import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// What others do under the name of a deadline: it is kept all the same, on time, and once.
@Suite(.servers) struct DeadlineForgeryTests {
    @Test func aTaskExpiresOnTimeWhateverOthersSendInItsName() throws {
        try withCluster { cluster in
            let log = try EventLog(cluster)
            try cluster.start("relay")
            try cluster.start("expire-task")
            let load = try Load(cluster)
            let due = Timestamp.now + .seconds(8)
            for attack in Attack.allCases {
                try load.publish(CreateTask(owner: "ada", title: "t", dueAt: due), id: "\(attack)")
            }
            let forger = try Forger(cluster)
            var tasks: [Attack: UniqueID] = [:]
            for attack in Attack.allCases {
                let task = try TaskRecord(json: log.outcome(of: "\(attack)").data).taskId
                tasks[attack] = task
                try forger.attack(attack, task, name: "\(task):1") { ExpireTask(taskId: task, version: $0 ? 1 : 99) }
            }
            try forger.atItsTime(due) {
                let task = tasks[.flooded]!
                for version in 1...3 { try forger.flood("\(task):\(version)", ExpireTask(taskId: task, version: 1)) }
            }

            let ended = try log.expiries(ExpireTask.name, forger.sent) { (expired: TaskExpired) in
                expired.expired ? expired.taskId : nil
            }
            for (attack, task) in tasks { #expect(ended[task]?.count == 1, "\(attack)") }
            let untimely = try cluster.number(
                "SELECT count(*) FROM task WHERE ended_at < due_at OR ended_at > due_at + interval '1 second'")
            #expect(untimely == 0)
            #expect(try cluster.tasks(.expired) == Attack.allCases.count)
            #expect(try cluster.number("SELECT count(*) FROM schedule") == 0)
        }
    }

    @Test func aLeaseEndsOnTimeWhateverOthersSendInItsName() throws {
        try withCluster { cluster in
            try cluster.addServers(Attack.allCases.count)
            let log = try EventLog(cluster)
            try cluster.start("relay")
            try cluster.start("lease-ip")
            let load = try Load(cluster)
            for attack in Attack.allCases {
                try load.publish(LeaseIP(holder: "a", ttlSeconds: 8), id: "\(attack)")
            }
            let forger = try Forger(cluster)
            var leases: [Attack: IPLeased] = [:]
            for attack in Attack.allCases {
                let lease = try IPLeased(json: log.outcome(of: "\(attack)").data, strict: false)
                leases[attack] = lease
                let micros = try cluster.number(
                    "SELECT (extract(epoch FROM expires_at) * 1000000)::bigint FROM lease WHERE id = \(lease.leaseId)")
                try forger.attack(attack, lease.leaseId, name: "\(lease.leaseId):\(micros)") {
                    ExpireLease(leaseId: lease.leaseId, fence: $0 ? lease.fence : 99)
                }
            }
            try forger.atItsTime(leases[.flooded]!.expiresAt) {
                let lease = leases[.flooded]!
                try forger.flood(
                    "\(lease.leaseId):\(lease.expiresAt.microseconds)",
                    ExpireLease(leaseId: lease.leaseId, fence: lease.fence))
            }

            let ended = try log.expiries(ExpireLease.name, forger.sent) { (expired: LeaseExpired) in
                expired.expired ? expired.leaseId : nil
            }
            for (attack, lease) in leases { #expect(ended[lease.leaseId]?.count == 1, "\(attack)") }
            let untimely = try cluster.number(
                """
                SELECT count(*) FROM lease
                WHERE ended_at < expires_at OR ended_at > expires_at + interval '1 second' OR ended_by <> 'expired'
                """)
            #expect(untimely == 0)
            #expect(try cluster.number("SELECT count(*) FROM schedule") == 0)
        }
    }

    @Test func theDoctorSeesWhatTheScheduleHasForgotten() throws {
        try withCluster { cluster in
            try cluster.addServers(1)
            let log = try EventLog(cluster)
            for worker in ["expire-task", "lease-ip"] { try cluster.start(worker) }
            let load = try Load(cluster)
            try load.publish(CreateTask(owner: "ada", title: "t", dueAt: .now + .seconds(600)), id: "task")
            try load.publish(LeaseIP(holder: "a", ttlSeconds: 600), id: "lease")
            for id in ["task", "lease"] { #expect(try log.outcome(of: id).kind == .succeeded) }
            let database = try cluster.database()
            defer { database.close() }
            try database.script(
                """
                UPDATE task SET due_at = now() - interval '2 minutes';
                UPDATE lease SET expires_at = now() - interval '2 minutes';
                """)
            let findings = ["task deadlines", "lease expiries"]
            for what in findings { #expect(try cluster.fix(of: what) == "-", "its row is there") }

            try database.script("DELETE FROM schedule")
            for what in findings {
                let fix = try cluster.fix(of: what)
                let line = try #require(fix.components(separatedBy: "with: ruche ").last)
                let run = try cluster.run("ruche", line.components(separatedBy: " ") + ["--wait"])
                #expect(run.status == 0, "\(fix): \(run.errors)")
                #expect(try cluster.fix(of: what) == "-", "what it says helps")
            }
            #expect(try cluster.tasks(.expired) == 1)
            #expect(try cluster.number("SELECT count(*) FROM lease WHERE ended_by = 'expired'") == 1)
        }
    }
}

/// What is done to a deadline, mostly some seconds before its time.
private enum Attack: CaseIterable {
    /// Its name under which something else is booked, the right command, the same with guessed digits.
    case otherBody, sameBody, guessed
    /// An operator ends its name before anybody has seen it, or lets it run at once.
    case cancelled, hurried
    /// The right command under many names, at its time: whichever comes first ends it, and the others nothing.
    case flooded
}

/// A producer of the same tenant that knows everything about a deadline but the digits of its message id.
private final class Forger {
    private let cluster: Cluster
    private let load: Load
    /// The commands that get an outcome.
    private(set) var sent: [String] = []

    init(_ cluster: Cluster) throws {
        self.cluster = cluster
        load = try Load(cluster)
    }

    /// - Parameter command: what ends it, or what does not.
    func attack<C: Command>(
        _ attack: Attack, _ subject: UniqueID, name: String, _ command: (_ isRight: Bool) -> C
    ) throws {
        switch attack {
        case .otherBody: try publish(command(false), name)
        case .sameBody: try publish(command(true), name)
        case .guessed: try publish(command(true), name + ":0123456789abcdef")
        case .cancelled:
            let run = try cluster.ruche("jobs", "cancel", name, "--command", C.name.rawValue)
            #expect(run.status == 0, "\(run.errors)")
        case .hurried:
            let run = try cluster.ruche("schedule", "run", subject.description)
            #expect(run.status == 0, "\(run.errors)")
        case .flooded: break
        }
        try load.settle()
    }

    /// Waits until a little before `time`, then sends, again and again, until a little after it.
    func atItsTime(_ time: Timestamp, _ body: () throws -> Void) throws {
        #expect(Timestamp.now < time, "the attacks were not done in time")
        try eventually("its time comes") { Timestamp.now + .milliseconds(50) > time }
        while Timestamp.now < time + .milliseconds(100) { try body() }
    }

    /// Sends the right command with digits that are none's.
    func flood(_ name: String, _ command: some Command) throws {
        try publish(command, "\(name):\(String(sent.count + 1_000_000, radix: 16))")
        try load.settle()
    }

    private func publish(_ command: some Command, _ id: String) throws {
        sent.append(id)
        try load.publish(command, id: id)
    }
}

extension EventLog {
    /// Waits until each deadline was kept and the commands `ids` have their outcome. Returns the events that say that
    /// something ended, by what did; `read` tells what, from a completion.
    fileprivate func expiries<M: Message>(
        _ command: CommandName, _ ids: [String], _ read: (M) -> UniqueID?
    ) throws -> [UniqueID: Set<UniqueID>] {
        func ended() -> [UniqueID: Set<UniqueID>] {
            var ended: [UniqueID: Set<UniqueID>] = [:]
            for event in events where event.command == command && event.kind == .succeeded {
                if let what = (try? event.decode(M.self)).flatMap(read) { ended[what, default: []].insert(event.id) }
            }
            return ended
        }
        try receive { $0.outcomes.count >= ids.count && ids.allSatisfy { self.outcomes[$0] != nil } }
        try receive { _ in ended().count == Attack.allCases.count }
        return ended()
    }
}

extension Cluster {
    /// What `ruche doctor` says is to be done about `what`.
    fileprivate func fix(of what: String) throws -> String {
        let run = try self.run("ruche", ["doctor", "-o", "jsonl"])
        for line in run.output.split(separator: "\n") {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            if object?["what"] as? String == what { return object?["fix"] as? String ?? "" }
        }
        throw TestFailure("the doctor says nothing of \(what): \(run.output) \(run.errors)")
    }
}
