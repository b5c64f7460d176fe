/// How a transaction sees the database, and whether it may write.
package struct TransactionMode: Sendable, Equatable {
    /// The isolation levels PostgreSQL tells apart.
    package enum Isolation: String, Sendable {
        case readCommitted = "READ COMMITTED"
        case repeatableRead = "REPEATABLE READ"
        case serializable = "SERIALIZABLE"
    }

    /// How it is isolated from others.
    package let isolation: Isolation

    /// Whether it may only read.
    package let isReadOnly: Bool

    /// Stated in full, so that a session default cannot change it.
    package init(_ isolation: Isolation, isReadOnly: Bool = false) {
        self.isolation = isolation
        self.isReadOnly = isReadOnly
    }

    /// Each statement sees what was committed before it: what the workers use.
    package static let readCommitted = TransactionMode(.readCommitted)
    /// One snapshot, read only, for reports.
    package static let snapshot = TransactionMode(.repeatableRead, isReadOnly: true)
    /// As if transactions ran one after another; they fail with 40001 when that cannot be kept.
    package static let serializable = TransactionMode(.serializable)

    var begin: SQL {
        SQL(script: "BEGIN ISOLATION LEVEL \(isolation.rawValue) \(isReadOnly ? "READ ONLY" : "READ WRITE")")
    }
}
