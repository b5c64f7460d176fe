import Contracts
import Runtime

/// What the worker asks the database about servers.
enum ServerStore {
    /// The servers that a command names.
    ///
    /// - Throws: refused: `no-such-server`, `no-such-session`, `too-many-servers`.
    static func find(_ command: InitServer, in tx: borrowing Transaction) throws(Rejection) -> [FoundServer] {
        if let session = command.session {
            guard try tx.query(ServerBook.session(session, tenant: tx.tenant)).count == 1 else {
                throw .refused("no-such-session", "There is no import \(session).")
            }
            let found = try read(try tx.query(ServerBook.servers(ofSession: session, tenant: tx.tenant)))
            guard found.count <= InitServer.serverLimit else {
                throw .refused(
                    "too-many-servers",
                    "The import has more than \(InitServer.serverLimit) servers; name them, a thousand at a time.")
            }
            return found
        }
        let ids = Set(command.servers ?? []).sorted()
        let found = try read(try tx.query(ServerBook.servers(ids, tenant: tx.tenant)))
        let unknown = Set(ids).subtracting(found.map(\.id)).sorted()
        guard unknown.isEmpty else {
            let names = unknown.prefix(20).map(String.init).joined(separator: ", ")
            throw .refused("no-such-server", "There is no server \(names)\(unknown.count > 20 ? " and others" : "").")
        }
        return found
    }

    /// How to get onto servers; with `beginning` they are the run's from here on.
    static func login(
        to ids: [Int], beginning: Bool, in tx: borrowing Transaction
    ) throws(Rejection) -> [FleetServer] {
        let rows = try tx.query(ServerBook.logins(ids, run: tx.job, tenant: tx.tenant))
        var servers = try reading { () throws(PostgresError) in try FleetServer.read(rows, with: tx.keys) }
        guard beginning else { return servers }
        try tx.send(ServerBook.begin(ids, run: tx.job, tenant: tx.tenant))
        let left = try tx.query(ServerBook.takeForgotten(ids, run: tx.job, tenant: tx.tenant))
        let forgotten = try reading { () throws(PostgresError) in try ForgottenShop.read(left) }
        for index in servers.indices { servers[index].forgotten = forgotten[servers[index].id] ?? [] }
        return servers
    }

    /// Keeps what a run leaves servers as.
    ///
    /// - Parameter ifBegun: only of those that the run has begun with, and said nothing of since.
    static func end(
        _ endings: [ServerEnding], ifBegun: Bool = false, in tx: borrowing Transaction
    ) throws(Rejection) {
        guard !endings.isEmpty else { return }
        try tx.send(ServerBook.end(endings, ifBegun: ifBegun, run: tx.job, tenant: tx.tenant))
        let made = endings.filter(\.isMade).map(\.id)
        guard !made.isEmpty else { return }
        try tx.send(ServerBook.lend(made, tenant: tx.tenant))
        try tx.send(ServerBook.endForgotten(made, run: tx.job, tenant: tx.tenant))
    }

    private static func read(_ rows: Rows) throws(Rejection) -> [FoundServer] {
        try reading { () throws(PostgresError) in
            var servers: [FoundServer] = []
            for row in 0..<rows.count {
                servers.append(
                    FoundServer(id: try rows.get(row, 0), ip: try rows.get(row, 1), status: try rows.get(row, 2)))
            }
            return servers
        }
    }

    private static func reading<R>(_ body: () throws(PostgresError) -> R) throws(Rejection) -> R {
        do { return try body() } catch { throw Rejection(error) }
    }
}
