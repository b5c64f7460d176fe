import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// Leases through the real executables, broker and database.
@Suite(.servers) struct LeaseClusterTests {
    @Test func sixtyFourClientsLeaseAThousandAddressesOnceEach() throws {
        try withCluster { cluster in
            try cluster.addServers(1000)
            let log = try EventLog(cluster, binding: "lease-ip.*")
            try cluster.start("relay")
            for _ in 0..<2 { try cluster.start("lease-ip") }
            try cluster.leaseFromManyClients(64, requests: 1000)

            try log.receive(within: 60) { $0.outcomes.count == 1000 }
            #expect(log.summary == [.succeeded: 1000])
            let leases = try log.outcomes.values.map { try IPLeased(json: $0.data, strict: false) }
            #expect(Set(leases.map(\.ip)).count == 1000)
            #expect(Set(leases.map(\.leaseId)).count == 1000)
            #expect(try cluster.activeLeases() == 1000)
        }
    }

    @Test func noLeaseIsLostOrDoubledWhenWorkersAreKilled() throws {
        try withCluster { cluster in
            try cluster.addServers(1000)
            let log = try EventLog(cluster, binding: "lease-ip.*")
            try cluster.start("relay")
            let workers = (0..<2).map { _ in Supervised(cluster, "lease-ip") }
            defer { for worker in workers { worker.stop() } }
            let killed = SharedBox(false)
            let killer = TestThread {
                // Each kill waits for the sign that work is being done.
                for (kill, worker) in [0, 1, 0, 1, 0].map({ workers[$0] }).enumerated() {
                    do {
                        try eventually("leases are granted") { try cluster.activeLeases() > kill * 150 }
                        worker.kill()
                    } catch {
                        Issue.record(error)
                    }
                }
                killed.withLock { $0 = true }
            }
            try cluster.leaseFromManyClients(64, requests: 1000)
            killer.join()

            try log.receive(within: 90) { $0.outcomes.count == 1000 }
            #expect(killed.withLock { $0 })
            #expect(log.summary == [.succeeded: 1000])
            let leases = try log.outcomes.values.map { try IPLeased(json: $0.data, strict: false) }
            #expect(Set(leases.map(\.ip)).count == 1000)
            #expect(try cluster.activeLeases() == 1000)
        }
    }

    @Test func aLeaseRunsOutByItselfAndTheNextOneHasAHigherFence() throws {
        try withCluster { cluster in
            try cluster.addServers(1)
            let log = try EventLog(cluster)
            try cluster.start("relay")
            try cluster.start("lease-ip", ["QUARANTINE": "0s"])
            let load = try Load(cluster)
            try load.publish(LeaseIP(holder: "a", ttlSeconds: 1), id: "first")
            let first = try IPLeased(json: log.outcome(of: "first").data, strict: false)
            try log.receive { $0.events.contains { $0.command == ExpireLease.name } }
            let end = try #require(log.events.first { $0.command == ExpireLease.name })
            let expired = try end.decode(LeaseExpired.self)
            #expect(expired.expired)
            #expect(expired.holder == "a")

            try load.publish(LeaseIP(holder: "b"), id: "second")
            let second = try IPLeased(json: log.outcome(of: "second").data, strict: false)
            #expect(second.ip == first.ip)
            #expect(second.fence == first.fence + 1)
        }
    }

    @Test func aRenewedLeaseOutlivesItsFirstEndAndARestart() throws {
        try withCluster { cluster in
            try cluster.addServers(1)
            let log = try EventLog(cluster)
            try cluster.start("relay")
            let worker = try cluster.start("lease-ip")
            let load = try Load(cluster)
            try load.publish(LeaseIP(holder: "a", ttlSeconds: 2), id: "lease")
            let lease = try IPLeased(json: log.outcome(of: "lease").data, strict: false)
            try load.publish(RenewLease(leaseId: lease.leaseId, holder: "a", ttlSeconds: 3600), id: "renew")
            let renewed = try LeaseRenewed(json: log.outcome(of: "renew").data, strict: false)
            #expect(renewed.expiresAt > lease.expiresAt)
            worker.kill()
            try cluster.start("lease-ip")

            // The end of old, sent by hand: nothing else is going to.
            try load.publish(ExpireLease(leaseId: lease.leaseId, fence: lease.fence), id: "old end")
            #expect(try LeaseExpired(json: log.outcome(of: "old end").data, strict: false).expired == false)
            #expect(try cluster.activeLeases() == 1)
            let database = try cluster.database()
            defer { database.close() }
            let due = try database.query("SELECT due_at FROM schedule WHERE subject = \(lease.leaseId)")
            // An event tells milliseconds, the database keeps microseconds.
            let dueAt: Timestamp = try due.get(0, 0)
            #expect(abs((dueAt - renewed.expiresAt).milliseconds) <= 1)
        }
    }

    @Test func aReleasedAddressIsInQuarantineAndItsExpiryIsGone() throws {
        try withCluster { cluster in
            try cluster.addServers(1)
            let log = try EventLog(cluster)
            try cluster.start("lease-ip")
            let load = try Load(cluster)
            try load.publish(LeaseIP(holder: "a"), id: "lease")
            let lease = try IPLeased(json: log.outcome(of: "lease").data, strict: false)
            try load.publish(ReleaseIP(leaseId: lease.leaseId, holder: "b"), id: "stranger")
            #expect(try Reason(json: log.outcome(of: "stranger").data, strict: false).reason == "not-holder")
            try load.publish(ReleaseIP(leaseId: lease.leaseId, holder: "a"), id: "release")
            #expect(try log.outcome(of: "release").kind == .succeeded)
            try load.publish(LeaseIP(holder: "b"), id: "too soon")
            #expect(try Reason(json: log.outcome(of: "too soon").data, strict: false).reason == "no-free-ip")
            try load.publish(LeaseIP(holder: "a"), id: "again")
            #expect(try IPLeased(json: log.outcome(of: "again").data, strict: false).fence == 2)
            #expect(try Rest(cluster, commands: [LeaseIP.name, ReleaseIP.name]).schedule == 1)
        }
    }
}

extension Cluster {
    /// Addresses that are leased; one that only one of the two tables knows as leased counts too.
    fileprivate func activeLeases() throws -> Int {
        let database = try database()
        defer { database.close() }
        return try database.query(
            """
            SELECT count(*)
            FROM address a FULL JOIN (SELECT id FROM lease WHERE ended_at IS NULL) AS l ON l.id = a.lease
            WHERE a.lease IS NOT NULL OR l.id IS NOT NULL
            """
        ).get(0, 0)
    }

    /// Clients that publish at the same time, each on its own connection, until the broker has confirmed everything.
    fileprivate func leaseFromManyClients(_ clients: Int, requests: Int) throws {
        let faults = SharedBox<[String]>([])
        let threads = (0..<clients).map { client in
            TestThread {
                do {
                    let load = try Load(self)
                    for number in stride(from: client, to: requests, by: clients) {
                        try load.publish(LeaseIP(holder: "client-\(client)"), id: "request-\(number)")
                    }
                    try load.settle()
                } catch {
                    faults.withLock { $0.append("\(error)") }
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(faults.withLock { $0 } == [])
    }
}
