import Contracts
@testable import LeaseIPWorker
@testable import Leases
@testable import Runtime
import TestSupport
import Testing

/// What `lease-ip` promises, on a real database.
@Suite(.database) struct LeaseIPLendingTests {
    private let worker = LeaseIPWorker()

    @Test func aLeaseRaisesTheFenceAndSchedulesItsEnd() throws {
        try LeaseDatabase.with(addresses: 3) { database in
            let connection = try database.connect()
            let run = try connection.run(worker, [LeaseIP(holder: "a", ttlSeconds: 60)])
            let lease = try #require(try run.completions().first)

            #expect(lease.ip == "10.0.0.1")
            #expect(lease.fence == 1)
            #expect(run.deadlines == [Expiry.name(of: lease.leaseId, at: lease.expiresAt): lease.expiresAt])
            let stored = try connection.query("SELECT fence, expires_at, holder FROM lease WHERE id = \(lease.leaseId)")
            #expect(try stored.get(0, 0) == lease.fence)
            #expect(try stored.get(0, 1) == lease.expiresAt)
            #expect(try stored.get(0, 2) == "a")
            let time: Timestamp = try database.value("SELECT granted_at + interval '60 s' FROM lease")
            #expect(time == lease.expiresAt)
        }
    }

    @Test func aBatchOfManyWishesGivesNothingTwice() throws {
        try LeaseDatabase.with(addresses: 40) { database in
            let wishes = [
                LeaseIP(holder: "any"), LeaseIP(holder: "even", provider: "even"), LeaseIP(holder: "big", minCores: 31),
                LeaseIP(holder: "near", prefix: "10.0.0.0/29"), LeaseIP(holder: "memory", minRamMb: 20 * 1024),
            ]
            let commands = (0..<30).map { wishes[$0 % wishes.count] }
            let leases = try database.connect().run(worker, commands).completions()

            #expect(Set(leases.map(\.ip)).count == 30)
            #expect(Set(leases.map(\.leaseId)).count == 30)
            for lease in leases {
                switch lease.holder {
                case "even": #expect(lease.serverId % 2 == 0)
                case "big": #expect(lease.serverId >= 31)
                case "near": #expect(lease.serverId < 8)
                case "memory": #expect(lease.serverId >= 20)
                default: break
                }
            }
        }
    }

    @Test(arguments: [LeaseIP(holder: "a"), LeaseIP(holder: "a", minCores: 4), LeaseIP(holder: "a", minRamMb: 1024)])
    func aBatchReadsTheFirstFreeAddressesAndNotTheWholePool(wish: LeaseIP) throws {
        try LeaseDatabase.with(addresses: 5000) { database in
            // All alike and of no provider: what the planner has guessed worst about.
            try database.script("UPDATE address SET provider = NULL, cores = 4, ram_mb = 1024")
            try database.script("VACUUM ANALYZE address")
            let connection = try database.connect()
            let before: Int = try connection.fetched(from: "address")
            _ = try connection.run(worker, Array(repeating: wish, count: 20)).completions()
            #expect(try connection.fetched(from: "address") - before <= 100)
        }
    }

    @Test func whoTakesAnythingLeavesTheRareOneToWhoNeedsIt() throws {
        try LeaseDatabase.with(addresses: 2) { database in
            // Server 1 is what an undemanding command is offered first.
            let run = try database.connect().run(
                worker, [LeaseIP(holder: "any"), LeaseIP(holder: "picky", prefix: "10.0.0.1/32")])
            #expect(try run.completions().map(\.serverId) == [2, 1])
        }
    }

    @Test(arguments: [
        LeaseIP(holder: "a", provider: "none"), LeaseIP(holder: "a", minCores: 4), LeaseIP(holder: "a", minRamMb: 4096),
        LeaseIP(holder: "a", prefix: "10.0.1.0/24"), LeaseIP(holder: "a", prefix: "fd00::/8"),
    ])
    func whatNoAddressMeetsIsRefused(wish: LeaseIP) throws {
        try LeaseDatabase.with(addresses: 3) { database in
            let run = try database.connect().run(worker, [wish, LeaseIP(holder: "b")])
            #expect(run.reasons == ["no-free-ip", ""])
        }
    }

    @Test func theAddressesOfAnotherTenantAreNotLent() throws {
        try LeaseDatabase.with(addresses: 3) { database in
            let run = try database.connect().run(worker, [LeaseIP(holder: "a")], tenant: "other")
            #expect(run.reasons == ["no-free-ip"])
        }
    }

    @Test func whatIsLeftWhenThereAreTooFewIsRefused() throws {
        try LeaseDatabase.with(addresses: 3) { database in
            let connection = try database.connect()
            let run = try connection.run(worker, (0..<5).map { LeaseIP(holder: "h\($0)") })
            #expect(run.reasons.filter { $0 == "no-free-ip" }.count == 2)
            #expect(run.deadlines.count == 3)
            #expect(try connection.run(worker, [LeaseIP(holder: "late")]).reasons == ["no-free-ip"])
        }
    }

    @Test func inQuarantineAnAddressIsForItsLastHolderOnly() throws {
        try LeaseDatabase.with(addresses: 1) { database in
            let connection = try database.connect()
            let first = try connection.run(worker, [LeaseIP(holder: "a")]).completions()[0]
            let release = ReleaseIPWorker(quarantine: .seconds(3600))
            let released = try connection.run(release, [ReleaseIP(leaseId: first.leaseId, holder: "a")])
            #expect(released.withdrawn == [first.leaseId])
            #expect(try connection.run(worker, [LeaseIP(holder: "b")]).reasons == ["no-free-ip"])
            #expect(
                try connection.run(worker, [LeaseIP(holder: "a", minCores: 2)]).reasons == ["no-free-ip"],
                "his own must meet his wishes too")

            let again = try connection.run(worker, [LeaseIP(holder: "b"), LeaseIP(holder: "a")])
            #expect(again.reasons == ["no-free-ip", ""])
            #expect(try again.endings[1].get().fence == 2)
        }
    }

    @Test func hisOwnIsOfferedFirstAndAnotherWhenThatIsNotEnough() throws {
        try LeaseDatabase.with(addresses: 9) { database in
            let connection = try database.connect()
            let mine = try connection.run(worker, [LeaseIP(holder: "a"), LeaseIP(holder: "a")]).completions()
            let release = ReleaseIPWorker(quarantine: .seconds(3600))
            _ = try connection.run(release, mine.map { ReleaseIP(leaseId: $0.leaseId, holder: "a") })

            let again = try connection.run(worker, (0..<3).map { _ in LeaseIP(holder: "a") }).completions()
            #expect(Set(again.map(\.ip)).isSuperset(of: mine.map(\.ip)))
            #expect(again.map(\.fence).sorted() == [1, 2, 2])
        }
    }

    @Test func afterTheQuarantineAnybodyMayHaveItTheLongestFreeFirst() throws {
        try LeaseDatabase.with(addresses: 2) { database in
            let connection = try database.connect()
            let leases = try connection.run(worker, [LeaseIP(holder: "a"), LeaseIP(holder: "a")]).completions()
            let release = ReleaseIPWorker(quarantine: .zero)
            for lease in leases.reversed() {
                _ = try connection.run(release, [ReleaseIP(leaseId: lease.leaseId, holder: "a")])
            }
            let next = try connection.run(worker, [LeaseIP(holder: "b")]).completions()[0]
            #expect(next.ip == leases[1].ip)
            #expect(next.fence == 2)
        }
    }

    @Test func whatAKilledWorkerHadLockedIsWaitedFor() throws {
        try LeaseDatabase.with(addresses: 2) { database in
            let killed = try database.connect()
            let held = killed.begin()
            _ = try held.query("SELECT FROM address FOR UPDATE")
            let run = SharedBox<[String]>([])
            let waiting = TestThread { [worker] in
                let reasons = try? database.connect().run(worker, [LeaseIP(holder: "a"), LeaseIP(holder: "b")]).reasons
                run.withLock { $0 = reasons ?? ["failed"] }
            }
            try database.waitForBlocked()
            held.rollback()
            waiting.join()
            #expect(run.withLock { $0 } == ["", ""])
        }
    }

    @Test func whatAnotherTookMeanwhileIsRefused() throws {
        try LeaseDatabase.with(addresses: 1) { database in
            let other = try database.connect()
            let taking = other.begin()
            _ = try taking.query("UPDATE address SET lease = gen_random_uuid()")
            let run = SharedBox<[String]>([])
            let waiting = TestThread { [worker] in
                let reasons = try? database.connect().run(worker, [LeaseIP(holder: "a")]).reasons
                run.withLock { $0 = reasons ?? ["failed"] }
            }
            try database.waitForBlocked()
            _ = try taking.commit()
            waiting.join()
            #expect(run.withLock { $0 } == ["no-free-ip"])
        }
    }

    @Test func whileAnotherWaitsThisOneStepsBackInsteadOfWaitingForIt() throws {
        try LeaseDatabase.with(addresses: 1) { database in
            let other = try database.connect()
            let waiting = other.begin()
            _ = try waiting.query("SELECT FROM address FOR UPDATE")
            _ = try waiting.query("SELECT pg_advisory_xact_lock(hashtextextended('ruche.lease-ip.wait', 0))")
            let run = try database.connect().run(worker, [LeaseIP(holder: "a")])
            waiting.rollback()
            #expect(run.reasons == ["addresses-busy"])
            guard case .failure(let rejection) = run.endings[0] else { return }
            #expect(rejection.consequence == .postpone)
        }
    }

    @Test func theDatabaseRefusesASecondActiveLeaseOfAnAddress() throws {
        try LeaseDatabase.with(addresses: 1) { database in
            let connection = try database.connect()
            _ = try connection.run(worker, [LeaseIP(holder: "a")])
            // Somebody damages the pool by hand.
            try database.script("UPDATE address SET lease = NULL")
            let error = #expect(throws: Rejection.self) { try connection.run(worker, [LeaseIP(holder: "b")]) }
            #expect(error?.database?.constraint == "lease_active")
        }
    }
}
