import Ansible
import Contracts
import Runtime

/// The statements about servers. Every one of them is about servers of one tenant: those of others do not exist.
enum ServerBook {
    /// Whether the tenant has an import of this id.
    static func session(_ id: Int, tenant: String) -> SQL {
        "SELECT FROM session WHERE id = \(Int64(id)) AND tenant = \(tenant)"
    }

    /// The servers of an import, one more than a run may have at most.
    static func servers(ofSession id: Int, tenant: String) -> SQL {
        """
        SELECT id, host(ip), status FROM server WHERE session = \(Int64(id)) AND tenant = \(tenant)
        ORDER BY id LIMIT \(Int64(InitServer.serverLimit + 1))
        """
    }

    /// The servers of these ids.
    static func servers(_ ids: [Int], tenant: String) -> SQL {
        """
        SELECT id, host(ip), status FROM server WHERE id = ANY(\(ids.map { Int64($0) })) AND tenant = \(tenant)
        ORDER BY id
        """
    }

    /// How to get onto servers, and how far an earlier run, or an earlier holder of this one, may have got there.
    static func logins(_ ids: [Int], run: UniqueID, tenant: String) -> SQL {
        """
        SELECT id, host(ip), ssh_port, ssh_user, ssh_auth = 'PASSWORD', ssh_password, operator_since IS NOT NULL,
            host_key, last_run IS NOT NULL, status = 'CONFIGURING' AND last_run IS NOT DISTINCT FROM \(run)
        FROM server WHERE id = ANY(\(ids.map { Int64($0) })) AND tenant = \(tenant) ORDER BY id
        """
    }

    /// From now on a run works on servers. Whatever ends the run without a word about them ends this, too.
    static func begin(_ ids: [Int], run: UniqueID, tenant: String) -> SQL {
        """
        UPDATE server SET status = 'CONFIGURING', last_run = \(run), updated_at = now()
        WHERE id = ANY(\(ids.map { Int64($0) })) AND tenant = \(tenant)
        """
    }

    /// From now on a run is to remove what forgotten shops have left on servers. Those that are forgotten later are
    /// none of its business.
    static func takeForgotten(_ ids: [Int], run: UniqueID, tenant: String) -> SQL {
        """
        UPDATE forgotten_shop SET run = \(run)
        WHERE server = ANY(\(ids.map { Int64($0) })) AND tenant = \(tenant)
        RETURNING server, slug, domain, place::bigint
        """
    }

    /// What a run was to remove is removed.
    static func endForgotten(_ ids: [Int], run: UniqueID, tenant: String) -> SQL {
        """
        DELETE FROM forgotten_shop
        WHERE server = ANY(\(ids.map { Int64($0) })) AND tenant = \(tenant) AND run = \(run)
        """
    }

    /// The keys that servers have shown when none was known of them.
    static func trust(_ keys: [Int: String], tenant: String) -> SQL {
        let keys = keys.sorted { $0.key < $1.key }
        return """
            UPDATE server AS s SET host_key = u.key, updated_at = now()
            FROM unnest(\(keys.map { Int64($0.key) }), \(keys.map(\.value))) AS u (id, key)
            WHERE s.id = u.id AND s.tenant = \(tenant) AND s.host_key IS NULL
            """
    }

    /// What a run leaves servers as. A key is trusted when it is first seen, and takes the place of its own hash;
    /// another one that was imported meanwhile stays. A password is used until our key opens the server, and never
    /// again. Why a server is in ERROR is known until it is not, or fails of something else.
    ///
    /// - Parameter ifBegun: only of servers that the run has begun with, and said nothing of since.
    static func end(_ endings: [ServerEnding], ifBegun: Bool, run: UniqueID, tenant: String) -> SQL {
        """
        UPDATE server AS s SET
            status = coalesce(u.status, s.status),
            fault = CASE
                WHEN u.fault IS NOT NULL OR u.judged AND (u.made OR s.status <> 'ERROR') THEN u.fault ELSE s.fault END,
            fault_text = CASE
                WHEN u.fault IS NOT NULL OR u.judged AND (u.made OR s.status <> 'ERROR') THEN u.fault_text
                ELSE s.fault_text END,
            host_key = CASE WHEN s.host_key = u.hash THEN u.key ELSE coalesce(s.host_key, u.key) END,
            operator_since = CASE WHEN u.made THEN coalesce(s.operator_since, now()) ELSE s.operator_since END,
            ssh_auth = CASE WHEN u.made THEN 'KEY' ELSE s.ssh_auth END,
            ssh_password = CASE WHEN u.made THEN NULL ELSE s.ssh_password END,
            last_run = \(run), last_run_at = now(), last_check_at = now(),
            last_seen_at = CASE WHEN u.done THEN now() ELSE s.last_seen_at END, updated_at = now()
        FROM unnest(\(endings.map { Int64($0.id) }), \(endings.map { $0.status?.rawValue }),
            \(endings.map { $0.failure?.reason.rawValue }), \(endings.map { $0.failure?.description }),
            \(endings.map(\.hostKey)), \(endings.map { $0.hostKey.flatMap(KnownHosts.hash) }),
            \(endings.map(\.isJudged)), \(endings.map(\.isDone)), \(endings.map(\.isMade)))
            AS u (id, status, fault, fault_text, key, hash, judged, done, made)
        WHERE s.id = u.id AND s.tenant = \(tenant)
            AND (NOT \(ifBegun) OR s.status = 'CONFIGURING' AND s.last_run = \(run))
        """
    }

    /// The addresses of servers that are made can be leased from now on. An address is there once, whatever number of
    /// servers share it behind different ports.
    static func lend(_ ids: [Int], tenant: String) -> SQL {
        """
        INSERT INTO address (server, tenant, ip, cores, ram_mb, provider)
        SELECT id, tenant, ip, cores, ram_mb, provider FROM server
        WHERE id = ANY(\(ids.map { Int64($0) })) AND tenant = \(tenant) AND status = 'CONFIGURED' ORDER BY id
        ON CONFLICT DO NOTHING
        """
    }
}
