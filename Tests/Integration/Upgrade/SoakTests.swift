import Books
import Foundation
import TestSupport
import Testing

/// A cluster at work for a long time uses no more memory, descriptors and rows than at its begin.
@Suite(.servers, .serialized) struct SoakTests {
    /// Nothing but what leaves: leases and tasks that end soon, so that what waits for its time stays as much as it is.
    private static func plan(_ rate: Int) -> NemesisScene.Plan {
        var plan = NemesisScene.Plan()
        plan.rate = rate
        plan.mix = .steady
        plan.hasClocks = false
        plan.changes["QUARANTINE"] = "0s"
        return plan
    }

    @Test(.enabled(if: TestServers.isFull, "takes an hour: scripts/test --full, RUCHE_TEST_SOAK for other seconds"))
    func nothingGrows() throws {
        try withCluster { cluster in
            let duration = TestServers.time("SOAK", .seconds(3600))
            try withNemesisScene(cluster, seed: TestServers.seed(of: "soak"), Self.plan(50)) { scene in
                var soak = Soak(scene)
                try soak.run(for: duration, samples: 240)
                print("soak of \(duration):\n\(try soak.report())")
                #expect(try soak.growing() == [])
                #expect(scene.processes.allSatisfy { $0.starts == 1 })
                try scene.rest()
                let report = try scene.check()
                print("soak: \(report.counts)")
                #expect(report.balances, "\(report)")
            }
        }
    }

    @Test func aProcessThatLeaksIsFound() throws {
        try withCluster { cluster in
            var plan = Self.plan(100)
            plan.changes["PROBE_LEAK"] = "65536"
            let (growing, report) = try withNemesisScene(cluster, seed: 1, plan) { scene in
                var soak = Soak(scene)
                try soak.run(for: .seconds(6), samples: 30)
                return (try soak.growing(), try soak.report())
            }
            for unit in ["MiB", "fds"] {
                #expect(growing.contains { $0.hasPrefix("ProbeWorker") && $0.contains(unit) }, "\(report)")
            }
            // Who does not leak has as many descriptors as ever.
            #expect(!growing.contains { $0.contains("fds") && !$0.hasPrefix("ProbeWorker") }, "\(report)")
        }
    }

    /// A straight line, noise, outliers, a step during the warm-up.
    @Test func theSlopeIsThatOfMostSamples() throws {
        var random = SeededRandom(seed: 7)
        var flat = Growth()
        var leak = Growth()
        for second in 0..<300 {
            let noise = Double(random.next(below: 100)) / 100 + (second % 20 == 0 ? 30 : 0)
            flat.add((second < 90 ? 20 : 40) + noise, at: Double(second))
            leak.add(40 + Double(second) * 0.02 + noise, at: Double(second))
        }
        let (none, four) = (try #require(flat.total(from: 100)), try #require(leak.total(from: 100)))
        #expect(abs(none) < 0.5)
        #expect(abs(four - 4) < 0.5)
        #expect(flat.total(from: 295) == nil)
    }
}
