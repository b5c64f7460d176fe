import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport

/// A fleet as its workers leave it: servers of a list that the real worker imported, and leases.
struct CLIFleet {
    let cluster: Cluster
    let database: Postgres.Connection
    /// What must never be shown.
    static let passwords = (1...4).map { "geheim-\($0)-nobody-may-see" }
    static let hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAZAk/XmHmNIvAaKHphGkMZ6uIsWLpR5vpTLRiaKVnGc"
    static let fingerprint = "SHA256:FL/bdAzZJ2PrTebPAlZ3e9vRQ8nrzt2WNkODzARewHQ"

    fileprivate init(_ cluster: Cluster) throws {
        self.cluster = cluster
        database = try cluster.database()
    }

    /// Imports four servers at 10.9.0.1 to 10.9.0.4, with their passwords. The first two can be leased.
    func importServers() throws {
        let worker = try cluster.start("import-batch")
        let rows = Self.passwords.enumerated().map { place, password in
            let (status, key) = (place < 2 ? "CONFIGURED" : "PENDING", place == 0 ? Self.hostKey : "")
            return "10.9.0.\(place + 1),false,4,8192,100,root,22,PASSWORD,\(status),Example,\(password),\(key)"
        }
        let header = "serverIp,isSsl,cores,ramMb,storageGb,sshUser,sshPort,sshAuth,status,provider,sshPassword,hostKey"
        let file = cluster.directory + "/fleet.csv"
        try ([header] + rows).joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
        let run = try cluster.run("ruche", ["import", file])
        guard run.status == 0 else { throw TestFailure(run.errors) }
        worker.terminate()
    }

    /// Leaves a lease of the first server, one of the second whose time is over, and one that has ended.
    func lease() throws {
        try database.script(
            """
            INSERT INTO lease (id, tenant, server, ip, holder, fence, granted_at, expires_at)
            SELECT gen_random_uuid(), tenant, server, ip, 'shop-a', 3, now() - interval '1 hour',
                now() + interval '30 minutes'
            FROM address WHERE ip = '10.9.0.1';
            INSERT INTO lease (id, tenant, server, ip, holder, fence, granted_at, expires_at)
            SELECT gen_random_uuid(), tenant, server, ip, 'shop-b', 1, now() - interval '2 hours',
                now() - interval '1 minute'
            FROM address WHERE ip = '10.9.0.2';
            INSERT INTO lease (id, tenant, server, ip, holder, fence, granted_at, expires_at, ended_at, ended_by)
            SELECT gen_random_uuid(), tenant, server, ip, 'web', 2, now() - interval '3 hours',
                now() - interval '2 hours', now() - interval '2 hours', 'released'
            FROM address WHERE ip = '10.9.0.1';
            UPDATE address a SET lease = l.id, fence = l.fence FROM lease l
            WHERE l.ip = a.ip AND l.tenant = a.tenant AND l.ended_at IS NULL;
            """)
    }

    /// Marks a server as one on which the last run failed.
    func fail(_ ip: String, by run: UniqueID) throws {
        try database.execute(
            """
            UPDATE server SET status = 'ERROR', fault = 'wrong-password', last_run = \(run), last_run_at = now(),
                fault_text = 'The server refuses the password.'
            WHERE ip = \(ip)::inet
            """)
    }

    /// The ids of the servers at these addresses.
    func id(_ ip: String) throws -> String {
        try database.query("SELECT id::text FROM server WHERE ip = \(ip)::inet ORDER BY id").get(0, 0)
    }
}

extension CLIFleet {
    /// Runs `ruche`, and expects it to succeed.
    func shown(_ words: String...) throws -> String {
        let run = try cluster.run("ruche", words)
        guard run.status == 0 else { throw TestFailure("\(words): \(run.status), \(run.errors)") }
        return run.output
    }

    /// The first column of a list.
    func names(_ words: String...) throws -> [String] {
        let run = try cluster.run("ruche", words + ["-o", "name"])
        guard run.status == 0 else { throw TestFailure("\(words): \(run.status), \(run.errors)") }
        return run.output.split(separator: "\n").map(String.init)
    }
}

/// Runs `body` with a cluster whose fleet is empty.
func withFleet(_ body: (CLIFleet) throws -> Void) throws {
    try withCluster { cluster in
        let fleet = try CLIFleet(cluster)
        defer { fleet.database.close() }
        try body(fleet)
    }
}
