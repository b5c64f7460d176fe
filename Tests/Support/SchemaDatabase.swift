import Contracts
import Postgres

/// A database with the whole schema and without a row, that others are copied from: that takes a part of the time.
package enum SchemaDatabase {
    private static let kept = SharedBox<String?>(nil)

    /// Makes a database of this name where tests have theirs. Whoever asks for it removes it.
    package static func make(_ name: String) throws {
        let url = try TestServers.requireDatabaseURL()
        let template = try kept.withLock { kept in
            let template = try kept ?? filled(url)
            kept = template
            return template
        }
        try TestServers.administer(url, "CREATE DATABASE \(name) TEMPLATE \(template)")
    }

    private static func filled(_ url: String) throws -> String {
        let name = TestServers.uniqueName("schema")
        try TestServers.administer(url, "CREATE DATABASE \(name)")
        // Has it removed when the tests end.
        Cleaner.later {}
        let connection = try Connection.open(ConnectionSettings(TestServers.url(url, path: name)))
        defer { connection.close() }
        for file in SchemaFiles.all { try connection.script(String(decoding: file.sql, as: UTF8.self)) }
        return name
    }

    /// Removes the one that is copied.
    static func remove() {
        guard let name = kept.withLock({ $0.take() }), let url = try? TestServers.requireDatabaseURL() else { return }
        try? TestServers.administer(url, "DROP DATABASE IF EXISTS \(name)")
    }
}
