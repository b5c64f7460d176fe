/// A database that the real command has migrated, and that others are copied from: that takes a part of the time.
enum MigratedDatabase {
    private struct Kept {
        let name: String
        let servers: TestServers
    }

    private static let kept = SharedBox<[Kept]>([])

    /// The one to copy for these servers and executables; `nil` as long as there is none.
    static func name(for servers: TestServers) -> String? {
        kept.withLock { $0.first { $0.servers == servers }?.name }
    }

    /// Keeps a copy of a database that was just migrated, and that nobody is connected to.
    static func keep(_ database: String, of servers: TestServers) throws {
        try kept.withLock { kept in
            guard !kept.contains(where: { $0.servers == servers }) else { return }
            let name = TestServers.uniqueName("migrated")
            try TestServers.administer(servers.databaseURL, "CREATE DATABASE \(name) TEMPLATE \(database)")
            kept.append(Kept(name: name, servers: servers))
        }
    }

    /// Removes them. A server of a test's own has gone before, with what it had.
    static func removeAll() {
        for one in kept.withLock({ $0 }) {
            try? TestServers.administer(one.servers.databaseURL, "DROP DATABASE IF EXISTS \(one.name)")
        }
    }
}
