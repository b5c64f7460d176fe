import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// `init-server` with the recipe that is shipped, on servers of their own: from a provider's list to an address that is
/// leased.
///
/// Runs with `scripts/test --full`, or alone with `scripts/test --filter InitFleetTests`.
@Suite(.serialized, .servers, .fleet) struct InitFleetTests {
    @Test func threeServersOfAListOfFourAreInitialised() throws {
        try withFleet { fleet in
            try fleet.manage("up 3")
            try withCluster { cluster in
                let scene = try InitScene(cluster, key: try String(contentsOfFile: fleet.key, encoding: .utf8))
                var list = try fleet.rows().map { row in
                    InitScene.Row(
                        ip: row["serverIp"] ?? "", port: 22, user: row["sshUser"] ?? "", password: row["sshPassword"])
                }
                list.append(InitScene.Row(ip: fleet.address(9), port: 22, user: "root", password: "nobody asks"))
                let session = try scene.bring(list)
                let networks = ["FLEET_NEVER_BANNED": "172.16.0.0/12", "FLEET_METRICS_SOURCES": "172.16.0.0/12"]
                let worker = try scene.start(networks)

                let start = ContinuousClock.now
                let first = try scene.completion(of: InitServer(session: session), id: "one")
                print("init-server: three servers of four in \(ContinuousClock.now - start)")
                #expect((first.configured, first.failed, first.skipped) == (3, 1, 0), "\(first)")
                #expect(first.results.map(\.reason) == [nil, nil, nil, "unreachable-refused"])
                #expect(first.results.prefix(3).allSatisfy { $0.changed > 0 })
                #expect(try scene.servers("status") == ["CONFIGURED", "CONFIGURED", "CONFIGURED", "ERROR"])
                #expect(try scene.servers("fault") == [nil, nil, nil, "unreachable-refused"])
                #expect(try cluster.number("SELECT count(DISTINCT key) FROM run_event") == 1, "one run")
                #expect(try scene.hasWholeLog("one"))

                // By our key, as the operator; nothing is left to change.
                let again = ContinuousClock.now
                let second = try scene.completion(of: InitServer(session: session), id: "two")
                print("init-server: and once more in \(ContinuousClock.now - again)")
                let outcomes: [ServerResult.Outcome] = [.configured, .configured, .configured, .skipped]
                #expect(second.results.map(\.outcome) == outcomes, "\(second)")
                #expect(second.results.allSatisfy { $0.changed == 0 })
                #expect(try scene.lines("two", place: fleet.address(9)) == 0)
                let third = try scene.completion(of: InitServer(session: session, only: .failed), id: "three")
                #expect(third.results.map(\.outcome) == [.skipped, .skipped, .skipped, .failed], "\(third)")
                #expect(try scene.lines("three", place: fleet.address(9), state: "unreachable") == 1)

                try expectClosed(fleet, scene, list)
                try cluster.start("lease-ip")
                let lease = try cluster.run("ruche", ["enqueue", "lease-ip", "--set", "holder=web-1", "--wait"])
                #expect(lease.status == 0 && lease.output.contains(fleet.prefix), "\(lease)")
                #expect(worker.terminate() == 0)
            }
        }
    }

    /// The passwords of the list open nothing any more, and stand nowhere.
    private func expectClosed(_ fleet: FleetScene, _ scene: InitScene, _ list: [InitScene.Row]) throws {
        #expect(try fleet.ssh("sudo -n id -u") == "0\n")
        let refused = fleet.attempt(
            """
            SSHPASS='\(list[0].password ?? "")' sshpass -e \
                ssh \(fleet.options) -o PubkeyAuthentication=no root@\(fleet.address()) id
            """)
        #expect(refused.status == 255 && refused.errors.contains("Permission denied (publickey)"), "\(refused)")
        #expect(try scene.servers("ssh_password").prefix(3).allSatisfy { $0 == nil })
        for row in list { #expect(try scene.tables(with: row.password ?? "") == []) }
        for line in scene.keyLines { #expect(try scene.tables(with: line) == []) }
    }
}
