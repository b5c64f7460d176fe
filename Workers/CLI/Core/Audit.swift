import Glibc
import Runtime

/// Who did what by hand.
enum Audit {
    /// The name this process acts under: `RUCHE_ACTOR`, else the login name.
    static var actor: String {
        for name in ["RUCHE_ACTOR", "USER", "LOGNAME"] {
            if let value = unsafe getenv(name) { return unsafe String(cString: value) }
        }
        return "uid \(getuid())"
    }

    /// What this run leaves in `job.worker` of the jobs it changes: who, and a number that no other run has. Nothing
    /// else finds exactly these again.
    static let mark: String = {
        let number = String(UInt32.random(in: .min ... .max), radix: 16)
        return "ruche@\(actor)/" + String(repeating: "0", count: 8 - number.count) + number
    }()

    /// Notes an action in the transaction that does it.
    static func write(
        _ action: String, _ target: String, _ reason: String, changed: Int, in tx: borrowing Postgres.Transaction
    ) throws(PostgresError) {
        let reason = reason.isEmpty ? nil : reason
        _ = try tx.execute(
            """
            INSERT INTO audit (actor, action, target, reason, changed)
            VALUES (\(actor), \(action), \(target), \(reason), \(Int64(changed)))
            """)
    }

    /// Notes an action on each of several things, a row each: what was done to one thing is found by its name.
    static func write(
        _ action: String, each targets: [String], _ reason: String, in tx: borrowing Postgres.Transaction
    ) throws(PostgresError) {
        let reason = reason.isEmpty ? nil : reason
        _ = try tx.execute(
            """
            INSERT INTO audit (actor, action, target, reason, changed)
            SELECT \(actor), \(action), target, \(reason), 1 FROM unnest(\(targets)) AS target
            """)
    }
}
