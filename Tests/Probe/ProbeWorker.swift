import Contracts
import Glibc
import Runtime

/// The worker of the tests: free-form, one command at a time in a shared transaction. Its table is made by the test.
struct ProbeWorker: Worker {
    /// Without its cap it runs as many batches at a time as the process has loops.
    private static let isCapped = unsafe getenv("PROBE_CAP").map { unsafe String(cString: $0) } != "none"

    static var options: WorkOptions<Probe> {
        WorkOptions {
            $0.timeout = .seconds(2)
            $0.retry = RetryPolicy(attempts: 3, base: .milliseconds(20), cap: .milliseconds(100))
            $0.cap = isCapped ? Cap(1) { $0.lane } : nil
        }
    }

    func handle(_ probe: Probe, in tx: borrowing Transaction) throws(Rejection) -> Probed {
        Leak.spring()
        switch probe.act {
        case .refuse: throw .refused("told-to", "The test said so.")
        case .die: kill(getpid(), SIGKILL)
        case .hang: try tx.run("SELECT pg_sleep(3600)")
        case .badStatement: try tx.run("SELECT 1 / 0")
        case .slow: usleep(UInt32(probe.milliseconds) * 1000)
        case .lend: try lend(in: tx)
        case .succeed, .writeAndRefuse, .writeAndFail, .transient, .recover: break
        }
        try tx.send("INSERT INTO probe_effect (job) VALUES (\(tx.job))")
        switch probe.act {
        case .writeAndRefuse: throw .refused("told-to", "The test said so.")
        case .writeAndFail: throw .failed("told-to", "The test said so.", pointer: "/act")
        case .transient: throw .transient("told-to", "The test said so.")
        case .recover where tx.attempt < 3: throw .transient("told-to", "The test said so.")
        default: return Probed(attempt: tx.attempt)
        }
    }

    /// Looks for a free place from a random one on, so that workers do not meet at the first. Places go on to 2³², so
    /// behind the last of these there are some.
    private func lend(in tx: borrowing Transaction) throws(Rejection) {
        let lent = try tx.query(
            """
            UPDATE probe_place SET job = \(tx.job) WHERE place =
            (SELECT place FROM probe_place WHERE job IS NULL AND place >= \(Int64.random(in: 0..<0xFF00_0000))
                ORDER BY place LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING place
            """)
        guard lent.count == 1 else { throw .refused("pool-empty", "No place is free.") }
    }
}
