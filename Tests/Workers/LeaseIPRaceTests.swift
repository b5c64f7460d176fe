import Contracts
@testable import LeaseIPWorker
@testable import Runtime
import TestSupport
import Testing

/// Many workers at once on a real database.
@Suite(.database, .serialized) struct LeaseIPRaceTests {
    @Test(arguments: [1, 7, 50])
    func asManyRequestsAsAddressesAllGetOne(batch: Int) throws {
        try LeaseDatabase.with(addresses: 1000) { database in
            let leases = SharedBox<[IPLeased]>([])
            let faults = SharedBox<[String]>([])
            let clients = (0..<8).map { client in
                TestThread {
                    do {
                        let connection = try database.connect()
                        defer { connection.close() }
                        var open = (0..<125).map { LeaseIP(holder: "\(client)-\($0)") }
                        while !open.isEmpty {
                            let taken = Array(open.prefix(batch))
                            let run = try connection.run(LeaseIPWorker(), taken)
                            // What is postponed comes again.
                            let busy = zip(taken, run.reasons).filter { $0.1 == "addresses-busy" }.map(\.0)
                            open = open.dropFirst(batch) + busy
                            let refused = run.reasons.filter { $0 == "no-free-ip" }
                            let granted = run.endings.compactMap { try? $0.get() }
                            leases.withLock { $0 += granted }
                            faults.withLock { $0 += refused }
                        }
                    } catch {
                        faults.withLock { $0.append("\(error)") }
                    }
                }
            }
            for client in clients { client.join() }
            #expect(faults.withLock { $0 } == [])
            let all = leases.withLock { $0 }
            #expect(all.count == 1000)
            #expect(Set(all.map(\.ip)).count == 1000)
            let held: Int = try database.value("SELECT count(*) FROM address a JOIN lease l ON l.id = a.lease")
            #expect(held == 1000)
        }
    }

    @Test func whenThereAreTooFewEveryAddressIsLentAndNobodyDeadlocks() throws {
        try LeaseDatabase.with(addresses: 150) { database in
            let granted = SharedBox(0)
            let faults = SharedBox<[String]>([])
            let clients = (0..<4).map { client in
                TestThread {
                    do {
                        let connection = try database.connect()
                        defer { connection.close() }
                        var open = (0..<100).map { number in
                            LeaseIP(holder: "\(client)-\(number)", minCores: number % 3 == 0 ? 100 : nil)
                        }
                        while !open.isEmpty {
                            let run = try connection.run(LeaseIPWorker(), open)
                            open = zip(open, run.reasons).filter { $0.1 == "addresses-busy" }.map(\.0)
                            let count = run.endings.count { (try? $0.get()) != nil }
                            granted.withLock { $0 += count }
                        }
                    } catch {
                        faults.withLock { $0.append("\(error)") }
                    }
                }
            }
            for client in clients { client.join() }
            #expect(faults.withLock { $0 } == [])
            #expect(granted.withLock { $0 } == 150)
        }
    }

    @Test func aRenewalAndAnExpiryAtTheSameMomentAgree() throws {
        try LeaseDatabase.with(addresses: 200) { database in
            let connection = try database.connect()
            let commands = (0..<200).map { LeaseIP(holder: "h\($0)") }
            let leases = try connection.run(LeaseIPWorker(), commands).completions()
            try database.script("UPDATE lease SET expires_at = now()")

            let gate = Rendezvous(parties: 2)
            let renewals = SharedBox<[UniqueID: Bool]>([:])
            let renewing = TestThread {
                let connection = try? database.connect()
                for lease in leases {
                    gate.meet()
                    let run = try? connection?.run(
                        RenewLeaseWorker(), [RenewLease(leaseId: lease.leaseId, holder: lease.holder)])
                    renewals.withLock { $0[lease.leaseId] = run.map { $0.reasons == [""] } }
                }
            }
            var expired: [UniqueID: Bool] = [:]
            for lease in leases {
                gate.meet()
                let run = try connection.run(
                    ExpireLeaseWorker(), [ExpireLease(leaseId: lease.leaseId, fence: lease.fence)])
                expired[lease.leaseId] = try run.completions()[0].expired
            }
            renewing.join()

            let renewed = renewals.withLock { $0 }
            #expect(renewed.count == 200)
            let held = try connection.query(
                """
                SELECT l.id, l.ended_at IS NULL, a.lease IS NOT DISTINCT FROM l.id
                FROM lease l JOIN address a USING (ip)
                """)
            for row in 0..<held.count {
                let id: UniqueID = try held.get(row, 0)
                #expect(renewed[id] != expired[id], "either it was renewed or it ran out")
                #expect(try held.get(row, 1) == renewed[id])
                #expect(try held.get(row, 2) == renewed[id])
            }
        }
    }

    @Test func renewalsAndReleasesOfTheSameLeasesInAnyOrderDoNotDeadlock() throws {
        try LeaseDatabase.with(addresses: 60) { database in
            let connection = try database.connect()
            let leases = try connection.run(LeaseIPWorker(), (0..<60).map { _ in LeaseIP(holder: "a") }).completions()
            let faults = SharedBox<[String]>([])
            let threads = (0..<4).map { thread in
                TestThread {
                    do {
                        let connection = try database.connect()
                        defer { connection.close() }
                        for round in 0..<40 {
                            let order = leases.shuffled()
                            if thread == 0 {
                                let one = order[0]
                                _ = try connection.run(
                                    ReleaseIPWorker(quarantine: .zero),
                                    order.prefix(2).map { ReleaseIP(leaseId: $0.leaseId, holder: "a") } + [
                                        ReleaseIP(leaseId: one.leaseId, holder: "a")
                                    ])
                            } else {
                                _ = try connection.run(
                                    RenewLeaseWorker(),
                                    order.map {
                                        RenewLease(leaseId: $0.leaseId, holder: "a", ttlSeconds: 3600 + round * 60)
                                    })
                            }
                        }
                    } catch {
                        faults.withLock { $0.append("\(error)") }
                    }
                }
            }
            for thread in threads { thread.join() }
            #expect(faults.withLock { $0 } == [])
            let torn: Int = try database.value(
                "SELECT count(*) FROM lease l JOIN address a USING (ip) WHERE (l.ended_at IS NULL) = (a.lease IS NULL)")
            #expect(torn == 0)
        }
    }
}
