import Contracts
import Foundation
import Runtime
import TestSupport
import Testing

/// Very many tasks that are due in the same instant, and what the others notice of it.
@Suite(.servers) struct TaskMassTests {
    private static let isFull = ProcessInfo.processInfo.environment["RUCHE_TEST_FULL"] != nil

    @Test(arguments: isFull ? [20_000, 1_000_000] : [20_000])
    func leasesAreGrantedWhileAllTheTasksExpire(count: Int) throws {
        try withCluster { cluster in
            try cluster.addServers(10)
            try cluster.addTasks(count)
            try cluster.start("relay")
            try cluster.start("lease-ip", ["QUARANTINE": "0s"])
            try cluster.start("expire-task")
            let alone = try LeaseClient(cluster, "alone").lease(while: { $0 < 100 })

            try cluster.makeAllTasksDue()
            let began = ContinuousClock.now
            try eventually("tasks expire") { try cluster.taskUpdates() > count }
            // As many leases as fit into a small part of the time that the tasks need; into most of it when it is
            // measured.
            let beside = try LeaseClient(cluster, "beside").lease(while: { number in
                guard count > 20_000 else { return number < 50 }
                return try number % 50 != 0 || cluster.taskUpdates() < count + count / 10 * 9
            })
            try eventually("nearly every task has expired", within: 1800) { try cluster.taskUpdates() >= count * 2 }
            try eventually("every task has expired") { try cluster.tasks(.expired) == count }
            let seconds = (ContinuousClock.now - began).seconds

            let last: Bool = try cluster.answer(
                """
                SELECT (SELECT max(finished_at) FROM job WHERE command = 'lease-ip')
                    < (SELECT max(ended_at) FROM task)
                """)
            #expect(last, "a lease waited until the last task had expired")
            #expect(try cluster.answer("SELECT bool_and(ended_at >= due_at) FROM task"))
            let once = try cluster.number(
                "SELECT count(*) FROM job WHERE command = 'expire-task' AND state = 's' AND attempt <= 1")
            #expect(once == count)
            if Self.isFull { Self.report(count, seconds, alone, beside) }
        }
    }

    /// The value below which `part` of all are.
    private static func part(_ values: [Double], _ part: Double) -> Double {
        let sorted = values.sorted()
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
    }

    private static func report(_ count: Int, _ seconds: Double, _ alone: [Double], _ beside: [Double]) {
        func figure(_ values: [Double], _ part: Double) -> String {
            String(format: "%.1f ms", Self.part(values, part))
        }
        print(
            "\(count) tasks expired in \(String(format: "%.1f", seconds)) s;",
            "\(beside.count) leases beside them: median \(figure(beside, 0.5)), 99 % \(figure(beside, 0.99));",
            "alone: median \(figure(alone, 0.5)), 99 % \(figure(alone, 0.99))")
    }
}

/// Leases an address and gives it back, again and again.
private final class LeaseClient {
    private let load: Load
    private let leases: EventLog
    private let releases: EventLog
    private let name: String

    init(_ cluster: Cluster, _ name: String) throws {
        self.name = name
        load = try Load(cluster)
        leases = try EventLog(cluster, binding: "lease-ip.*")
        releases = try EventLog(cluster, binding: "release-ip.*")
    }

    /// Goes on as long as `more` says so of the number of leases. Returns how many milliseconds each answer took.
    func lease(while more: (Int) throws -> Bool) throws -> [Double] {
        var times: [Double] = []
        while try more(times.count) {
            let id = "\(name)-\(times.count)"
            let began = ContinuousClock.now
            try load.publish(LeaseIP(holder: "client"), id: id)
            try leases.receive { $0.events.last?.subject == id }
            times.append((ContinuousClock.now - began).seconds * 1000)
            let lease = try #require(leases.events.last).decode(IPLeased.self)
            try load.publish(ReleaseIP(leaseId: lease.leaseId, holder: "client"), id: id)
            try releases.receive { $0.events.last?.subject == id }
        }
        return times
    }
}

extension Cluster {
    /// How many rows of tasks were changed so far, as the statistics have it: cheap, and a little late.
    fileprivate func taskUpdates() throws -> Int {
        try number("SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'task'")
    }

    fileprivate func answer(_ sql: SQL) throws -> Bool {
        let database = try database()
        defer { database.close() }
        return try database.query(sql).get(0, 0)
    }
}
