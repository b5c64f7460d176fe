import Contracts
import Glibc
import Runtime

/// One autoscaler a service: an advisory lock of PostgreSQL's, held by the session, so that it is free again when its
/// holder is gone. Through a pooler that gives each transaction another session there is no such lock.
struct ScaleLock {
    private var held: Set<String> = []

    /// Takes the locks that are free. Returns, for each service, who else has its lock; `nil` where this session has
    /// it.
    mutating func take(_ services: [String], _ database: Postgres.Connection) throws(PostgresError) -> [String?] {
        if held.isEmpty { try introduce(database) }
        var holders: [String?] = []
        for service in services {
            let key = "ruche.autoscale \(service)"
            if !held.contains(service),
                try database.query("SELECT pg_try_advisory_lock(hashtextextended(\(key), 0))").get(0, 0)
            {
                held.insert(service)
            }
            holders.append(held.contains(service) ? nil : try holder(of: key, database))
        }
        return holders
    }

    /// Says in `pg_stat_activity` who this is: that is where another one finds it.
    private func introduce(_ database: Postgres.Connection) throws(PostgresError) {
        var name = "ruche autoscale, \(Audit.actor)@\(Host.name)"
        while name.utf8.count > 63 { name.removeLast() }
        _ = try database.query("SELECT set_config('application_name', \(name), false)")
    }

    private func holder(of key: String, _ database: Postgres.Connection) throws(PostgresError) -> String {
        let rows = try database.query(
            """
            SELECT coalesce(nullif(a.application_name, ''), 'somebody') || ' (backend ' || l.pid || ')'
            FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
            WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
                AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND (l.classid::bigint << 32) | l.objid::bigint = hashtextextended(\(key), 0)
            """)
        return rows.count > 0 ? try rows.get(0, 0) : "somebody who has just left"
    }
}
