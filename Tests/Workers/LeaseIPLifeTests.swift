import Contracts
@testable import LeaseIPWorker
@testable import Leases
@testable import Runtime
import TestSupport
import Testing

/// Renewing, releasing and expiring on a real database.
@Suite(.database) struct LeaseIPLifeTests {
    private let renew = RenewLeaseWorker()
    private let release = ReleaseIPWorker(quarantine: .seconds(3600))
    private let expire = ExpireLeaseWorker(quarantine: .seconds(3600))

    private func lease(_ connection: Connection, ttl: Int = 60, count: Int = 1) throws -> [IPLeased] {
        let commands = (0..<count).map { _ in LeaseIP(holder: "a", ttlSeconds: ttl) }
        return try connection.run(LeaseIPWorker(), commands).completions()
    }

    @Test func aRenewalMovesTheEndAndItsMessage() throws {
        try LeaseDatabase.with(addresses: 1) { database in
            let connection = try database.connect()
            let lease = try lease(connection)[0]
            let run = try connection.run(
                renew, [RenewLease(leaseId: lease.leaseId, holder: "a", ttlSeconds: 3600, fence: lease.fence)])
            let renewed = try run.completions()[0]
            #expect(renewed.expiresAt - lease.expiresAt > .seconds(3000))
            #expect(renewed.fence == lease.fence)
            #expect(run.deadlines == [Expiry.name(of: lease.leaseId, at: renewed.expiresAt): renewed.expiresAt])
            #expect(try database.value("SELECT expires_at FROM lease") == renewed.expiresAt)
        }
    }

    @Test func aShorterRenewalChangesNothing() throws {
        try LeaseDatabase.with(addresses: 1) { database in
            let connection = try database.connect()
            let lease = try lease(connection, ttl: 3600)[0]
            let run = try connection.run(renew, [RenewLease(leaseId: lease.leaseId, holder: "a", ttlSeconds: 1)])
            #expect(try run.completions()[0].expiresAt == lease.expiresAt)
            #expect(run.deadlines.isEmpty)
        }
    }

    @Test func anExpiryOfOldLeavesARenewedLeaseAlone() throws {
        try LeaseDatabase.with(addresses: 1) { database in
            let connection = try database.connect()
            let lease = try lease(connection)[0]
            _ = try connection.run(renew, [RenewLease(leaseId: lease.leaseId, holder: "a", ttlSeconds: 3600)])
            let old = "\(Expiry.name(of: lease.leaseId, at: lease.expiresAt)):0123456789abcdef"
            let run = try connection.run(expire, [ExpireLease(leaseId: lease.leaseId, fence: 1)], id: old)
            #expect(try run.completions()[0].expired == false)
            #expect(try database.value("SELECT ended_at IS NULL FROM lease", as: Bool.self))
        }
    }

    @Test func anExpiryEndsWhatIsOverOnceAndQuarantinesTheAddress() throws {
        try LeaseDatabase.with(addresses: 1) { database in
            let connection = try database.connect()
            let lease = try lease(connection)[0]
            try database.script("UPDATE lease SET expires_at = now()")
            let command = ExpireLease(leaseId: lease.leaseId, fence: lease.fence)
            let both = try connection.run(expire, [command, command]).completions()
            #expect(both.map(\.expired) == [true, false])
            #expect(both[0].holder == "a")
            #expect(try database.value("SELECT ended_by FROM lease") == "expired")
            #expect(try database.value("SELECT quarantined_until FROM address") == both[0].quarantinedUntil)
            #expect(try connection.run(LeaseIPWorker(), [LeaseIP(holder: "b")]).reasons == ["no-free-ip"])
            let late = try connection.run(renew, [RenewLease(leaseId: lease.leaseId, holder: "a")])
            #expect(late.reasons == ["lease-ended"])
        }
    }

    @Test func aLeaseWhoseTimeIsOverCanStillBeRenewed() throws {
        try LeaseDatabase.with(addresses: 1) { database in
            let connection = try database.connect()
            let lease = try lease(connection)[0]
            try database.script("UPDATE lease SET expires_at = now() - interval '1 minute'")
            #expect(try connection.run(renew, [RenewLease(leaseId: lease.leaseId, holder: "a")]).reasons == [""])
            let run = try connection.run(expire, [ExpireLease(leaseId: lease.leaseId, fence: lease.fence)])
            #expect(try run.completions()[0].expired == false)
        }
    }

    @Test func whoReleasesAnOldLeaseDoesNotTouchItsSuccessor() throws {
        try LeaseDatabase.with(addresses: 1) { database in
            let connection = try database.connect()
            let old = try lease(connection)[0]
            _ = try connection.run(release, [ReleaseIP(leaseId: old.leaseId, holder: "a")])
            let new = try lease(connection)[0]
            #expect(new.fence == 2)
            #expect(
                try connection.run(release, [ReleaseIP(leaseId: old.leaseId, holder: "a")]).reasons == ["lease-ended"])
            let expiry = try connection.run(expire, [ExpireLease(leaseId: old.leaseId, fence: old.fence)])
            #expect(try expiry.completions()[0].expired == false)
            #expect(try database.value("SELECT lease FROM address") == new.leaseId)
        }
    }
}
