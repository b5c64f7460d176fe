import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// How many servers, one measurement after the other.
private let counts = (ProcessInfo.processInfo.environment["RUCHE_TEST_FLEET_COUNT"] ?? "").split(separator: ",")
    .compactMap { Int($0) }.filter { (1...99).contains($0) }

/// How long `init-server` takes for so many servers at once, packages fetched before:
///
///     RUCHE_TEST_FLEET_COUNT=1,5,10 scripts/test --filter FleetPaceTests
@Suite(.serialized, .servers, .enabled(if: !counts.isEmpty, "measures: RUCHE_TEST_FLEET_COUNT=1,5,10"))
struct FleetPaceTests {
    @Test func secondsForEachServer() throws {
        try withFleet { fleet in
            // The first fetches what the others find.
            try measure(1, fleet, isQuiet: true)
            for count in counts { try measure(count, fleet) }
        }
    }

    private func measure(_ count: Int, _ fleet: FleetScene, isQuiet: Bool = false) throws {
        try fleet.manage("down")
        let up = try ContinuousClock().measure { try fleet.manage("up \(count)") }
        try withCluster { cluster in
            let scene = try InitScene(cluster, key: try String(contentsOfFile: fleet.key, encoding: .utf8))
            let session = try scene.bring(
                fleet.rows().map { row in
                    InitScene.Row(
                        ip: row["serverIp"] ?? "", port: 22, user: row["sshUser"] ?? "", password: row["sshPassword"])
                })
            let worker = try scene.start([
                "FLEET_NEVER_BANNED": "172.16.0.0/12", "FLEET_METRICS_SOURCES": "172.16.0.0/12",
            ])
            let load = try String(contentsOfFile: "/proc/loadavg", encoding: .utf8).prefix { $0 != " " }
            let times = try ["first", "again"].map { id in
                try ContinuousClock().measure {
                    let made = try scene.completion(of: InitServer(session: session), id: id)
                    #expect(made.configured == count && (id == "first") == (made.results[0].changed > 0), "\(made)")
                }
            }
            #expect(worker.terminate() == 0)
            if isQuiet { return }
            print(
                """
                pace: \(count) servers up in \(up), initialised in \(times[0]), \(times[0] / count) each; \
                once more in \(times[1]); load before \(load)
                """)
        }
    }
}
