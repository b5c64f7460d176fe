import Contracts
@testable import LeaseIPWorker
@testable import Leases
@testable import Runtime
import TestSupport
import Testing

/// What becomes of the address of a server that fails, on a real database.
@Suite(.database) struct LeaseIPFaultTests {
    @Test func itIsLentToNobodyUntilTheServerIsConfigured() throws {
        try LeaseDatabase.with(addresses: 2) { database in
            let connection = try database.connect()
            func lend(_ holder: String) throws -> [String] {
                try connection.run(LeaseIPWorker(), [LeaseIP(holder: holder)]).reasons
            }
            try database.script("UPDATE server SET status = 'ERROR' WHERE id = 1")
            let lease = try connection.run(LeaseIPWorker(), [LeaseIP(holder: "a")]).completions()[0]
            #expect(lease.ip == "10.0.0.2")
            #expect(try lend("b") == ["no-free-ip"])

            // One that is leased meanwhile stays with its holder, and is lent to nobody after, him included.
            try database.script("UPDATE server SET status = 'ERROR' WHERE id = 2")
            let release = ReleaseIP(leaseId: lease.leaseId, holder: "a")
            #expect(try connection.run(ReleaseIPWorker(quarantine: .seconds(3600)), [release]).reasons == [""])
            #expect(try lend("a") == ["no-free-ip"])

            // A run that only begins, or fails again, gives nothing back.
            try database.script("UPDATE server SET status = 'CONFIGURING'; UPDATE server SET status = 'ERROR'")
            #expect(try lend("a") == ["no-free-ip"])
            try database.script("UPDATE server SET status = 'CONFIGURED'")
            #expect(try lend("a") == [""])
            #expect(try lend("b") == [""])
        }
    }

    @Test func aQuarantineHasItsEndWhateverTheServerIs() throws {
        try LeaseDatabase.with(addresses: 1) { database in
            let connection = try database.connect()
            let lease = try connection.run(LeaseIPWorker(), [LeaseIP(holder: "a")]).completions()[0]
            let release = ReleaseIP(leaseId: lease.leaseId, holder: "a")
            _ = try connection.run(ReleaseIPWorker(quarantine: .seconds(3600)), [release])
            try database.script("UPDATE server SET status = 'CONFIGURED'")
            #expect(try connection.run(LeaseIPWorker(), [LeaseIP(holder: "b")]).reasons == ["no-free-ip"])
        }
    }
}
