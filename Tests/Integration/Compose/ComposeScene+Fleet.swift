import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// Commands that take minutes, where there is no server to be had: in a container the addresses of its own loopback
/// refuse connections.
extension ComposeScene {
    /// Before there is an address to lease: a list of one server that refuses connections, and a shop without a place.
    func refuseTheFleet() throws {
        let session = try bring("127.0.0.1")
        let run = try outcome(of: InitServer.name, "--set", "session=\(session)")
        #expect(run.kind == "succeeded" && run.data["failed"] as? Int == 1, "\(run)")
        let results = run.data["results"] as? [[String: Any]] ?? []
        #expect(results.map { $0["reason"] as? String } == ["unreachable-refused"], "\(run)")
        let database = try database()
        defer { database.close() }
        let rows = try database.query("SELECT status, fault FROM server WHERE session = \(session)")
        #expect(try rows.get(0, 0, as: String.self) == "ERROR")
        #expect(try rows.get(0, 1, as: String?.self) == "unreachable-refused")

        let shop = try outcome(of: DeployShop.name, "--example")
        #expect(shop.kind == "refused" && shop.data["reason"] as? String == "no-free-ip", "\(shop)")
        let worker = try #require(containers("deploy-shop").first)
        let archive = try docker("exec", worker, "tar", "-tf", "/usr/local/share/ruche/shop.tar", "manifest.json")
        #expect(archive == "manifest.json\n", "the generic shop is in the image")
    }

    /// A shop on a server that counts as initialised and refuses connections is tried again, until somebody ends it.
    func endAWaitingShop() throws {
        let address = "127.0.0.2"
        try makeLeasable(address)
        let lent = try outcome(of: LeaseIP.name, "--set", "holder=shops", "--set", "prefix=\(address)/32")
        let lease = try #require(lent.data["leaseId"] as? String, "\(lent)")
        let command = DeployShop.name.rawValue
        let shop = [
            "shop=waits", "title=Patience", "contactEmail=info@waits.example", "primaryColor=#0f766e",
            "secondaryColor=#f59e0b", "domain=waits.example", "lease=\(lease)",
        ]
        _ = try docker(
            ["exec", toolbox(), "ruche", "enqueue", command, "--id", "waits"] + shop.flatMap { ["--set", $0] })
        func why() throws -> String { try ruche("jobs", "why", "waits", "--command", command) }
        // By then the key was read, and ssh was run.
        try eventually("the shop waits for its server", within: 180) { try why().contains("server-unreachable") }
        _ = try ruche("jobs", "cancel", "waits", "--command", command, "--reason", "a test")
        try eventually("it is cancelled", within: 120) { try why().contains("it is cancelled") }
    }

    /// What `init-server` would have left in the database.
    private func makeLeasable(_ address: String) throws {
        let session = try bring(address)
        let database = try database()
        defer { database.close() }
        // The key of nobody: nothing answers that could show another.
        let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + String(repeating: "A", count: 43)
        try database.execute(
            """
            UPDATE server SET status = 'CONFIGURED', operator_since = now(), host_key = \(key)
            WHERE session = \(session)
            """)
        try database.execute(
            """
            INSERT INTO address (server, tenant, ip, cores, ram_mb)
            SELECT id, tenant, ip, cores, ram_mb FROM server WHERE session = \(session)
            """)
    }

    /// Imports a list of one server. Returns the id of the import.
    private func bring(_ address: String) throws -> Int {
        let csv = """
            serverIp,isSsl,cores,ramMb,storageGb,sshUser,sshPort,sshAuth
            \(address),false,2,2048,40,root,22,KEY

            """
        let list = try outcome(of: ImportBatch.name, "--set", "session=\(address)", "--set", "csv=\(csv)")
        return try #require(list.data["sessionId"] as? Int, "\(list)")
    }

    /// Has a command done, whatever its outcome. Returns that, and what stands in it.
    private func outcome(of command: CommandName, _ words: String...) throws -> (kind: String, data: [String: Any]) {
        let line = ["enqueue", command.rawValue, "--wait", "--timeout", "180s", "-o", "json"] + words
        let said = try finished(["docker", "exec", toolbox(), "ruche"] + line)
        guard let object = try? JSONSerialization.jsonObject(with: Data(said.output.utf8)) as? [String: Any],
            let kind = object["outcome"] as? String
        else { throw TestFailure("\(line): \(said.output)\(said.errors)") }
        return (kind, object["data"] as? [String: Any] ?? [:])
    }
}
