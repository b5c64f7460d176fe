/// One step of the schema: a file, applied once, in a transaction of its own.
package struct Migration: Sendable {
    /// Its place in the order; positive and unique.
    package let version: Int

    /// The name of its file, for people and error messages.
    package let name: String

    /// The statements.
    package let sql: String

    /// A migration from a text.
    package init(version: Int, name: String, sql: String) {
        self.version = version
        self.name = name
        self.sql = sql
    }

    /// A migration from the bytes of an embedded file.
    package init(version: Int, name: String, sql: [UInt8]) {
        self.init(version: version, name: name, sql: String(decoding: sql, as: UTF8.self))
    }
}

/// A migration that the database has recorded.
package struct Applied: Sendable, Equatable {
    /// Its version.
    package let version: Int

    /// The name it had when it was applied.
    package let name: String

    /// When that was, by the database's clock.
    package let appliedAt: TimestampTZ
}

/// How a database and a build compare.
package struct MigrationStatus: Sendable {
    /// Recorded in the database and known to the build.
    package let applied: [Applied]

    /// Known to the build, not yet recorded.
    package let pending: [Migration]

    /// Recorded by a newer build. Normal during a rolling deploy: the schema is kept compatible with the build before.
    package let unknown: [Applied]
}
