import Contracts
import Runtime

/// The statements about shops and their versions.
enum ShopBook {
    /// Locks and reads a shop.
    static func lock(_ tenant: String, _ slug: String) -> SQL {
        """
        SELECT slug, domain, status, server, host(address), place::bigint, lease, lease_fence, lease_is_own,
            active_release::bigint, active_slot, next_release::bigint, next_slot, run
        FROM shop WHERE tenant = \(tenant) AND slug = \(slug) FOR UPDATE
        """
    }

    /// Another shop's name, if a domain is that shop's.
    static func holder(of domain: String, but tenant: String, _ slug: String) -> SQL {
        """
        SELECT slug FROM shop
        WHERE domain = \(domain) AND status IN ('DEPLOYING', 'LIVE', 'RETIRING')
            AND (tenant <> \(tenant) OR slug <> \(slug))
        """
    }

    /// Notes which run works on a shop.
    static func note(_ run: UniqueID, at tenant: String, _ slug: String) -> SQL {
        """
        UPDATE shop SET last_run = \(run), last_run_at = now(), updated_at = now()
        WHERE tenant = \(tenant) AND slug = \(slug)
        """
    }

    /// The first place of a server that no shop has, and none that was forgotten may have.
    static func freePlace(on server: Int) -> SQL {
        """
        SELECT n::bigint FROM generate_series(1, 16) AS n
        WHERE NOT EXISTS (SELECT FROM shop WHERE server = \(server) AND place = n)
            AND NOT EXISTS (SELECT FROM forgotten_shop WHERE server = \(server) AND place = n)
        ORDER BY n LIMIT 1
        """
    }

    /// Gives a shop, which may not be there yet, its place.
    static func settle(
        _ tenant: String, _ command: DeployShop, at home: StoredShop.Home, watch: UniqueID
    ) -> SQL {
        """
        INSERT INTO shop AS s (tenant, slug, title, domain, status, server, address, place, lease, lease_fence,
            lease_is_own, lease_watch)
        VALUES (\(tenant), \(command.shop), \(command.title), \(command.domain), 'DEPLOYING', \(home.server),
            \(home.address)::inet, \(home.place), \(home.lease), \(home.fence), \(home.isOwn), \(watch))
        ON CONFLICT (tenant, slug) DO UPDATE SET title = EXCLUDED.title, domain = EXCLUDED.domain,
            status = 'DEPLOYING', server = EXCLUDED.server, address = EXCLUDED.address, place = EXCLUDED.place,
            lease = EXCLUDED.lease, lease_fence = EXCLUDED.lease_fence, lease_is_own = EXCLUDED.lease_is_own,
            lease_watch = EXCLUDED.lease_watch, active_release = NULL, active_slot = NULL, run = NULL,
            next_release = NULL, next_slot = NULL, updated_at = now()
        """
    }

    /// How to get onto a server, and whether shops may be there. One that has shops is reached also when a later recipe
    /// has failed on it; new ones it does not get, nor does one where something of a forgotten shop may be.
    ///
    /// - Parameter isNew: whether the shop is to come to it.
    static func server(_ id: Int, of tenant: String, isNew: Bool) -> SQL {
        """
        SELECT host(ip), ssh_port::bigint, host_key,
            (NOT \(isNew) OR status = 'CONFIGURED' AND NOT EXISTS (SELECT FROM forgotten_shop WHERE server = s.id))
                AND operator_since IS NOT NULL AND host_key NOT LIKE 'SHA256:%'
        FROM server AS s WHERE id = \(id) AND tenant = \(tenant)
        """
    }

    /// Makes the next version of a shop, or finds the one that this run has made. Returns its number.
    static func begin(_ tenant: String, _ command: DeployShop, by run: UniqueID, container: String) -> SQL {
        let configuration = String(decoding: command.json(), as: UTF8.self)
        return """
            INSERT INTO shop_release AS r (tenant, slug, number, run, configuration, container)
            SELECT \(tenant), \(command.shop), coalesce(max(number), 0) + 1, \(run), \(configuration)::text::jsonb,
                \(container)
            FROM shop_release WHERE tenant = \(tenant) AND slug = \(command.shop)
            ON CONFLICT (run) DO UPDATE SET state = 'NEW', container = EXCLUDED.container
            RETURNING number::bigint
            """
    }

    /// Notes what is to serve next, and in which container.
    static func turn(_ tenant: String, _ slug: String, to next: StoredShop.Turn, by run: UniqueID) -> SQL {
        """
        UPDATE shop SET run = \(run), next_release = \(next.release), next_slot = \(next.slot.rawValue),
            updated_at = now()
        WHERE tenant = \(tenant) AND slug = \(slug)
        """
    }

    /// Notes in which container a version is to run.
    static func place(_ release: Int, of tenant: String, _ slug: String, in container: String) -> SQL {
        """
        UPDATE shop_release SET container = \(container)
        WHERE tenant = \(tenant) AND slug = \(slug) AND number = \(release)
        """
    }

    /// Notes what was built.
    static func built(_ release: StoredRelease, image: String, of tenant: String, _ slug: String) -> SQL {
        """
        UPDATE shop_release SET image = \(image), tag = \(release.tag), layers = \(release.layers)
        WHERE tenant = \(tenant) AND slug = \(slug) AND number = \(release.number)
        """
    }

    /// Notes how much of it was sent.
    static func shipped(_ release: Int, of tenant: String, _ slug: String, bytes: Int) -> SQL {
        """
        UPDATE shop_release SET bytes_shipped = \(bytes)
        WHERE tenant = \(tenant) AND slug = \(slug) AND number = \(release)
        """
    }

    /// From now on the version counts as serving, and the shop has its title.
    static func serve(_ next: StoredShop.Turn, of tenant: String, _ slug: String) -> SQL {
        """
        WITH releases AS (
            UPDATE shop_release SET state = CASE WHEN number = \(next.release) THEN 'LIVE' ELSE 'KEPT' END
            WHERE tenant = \(tenant) AND slug = \(slug) AND (number = \(next.release) OR state = 'LIVE')
        )
        UPDATE shop SET status = 'LIVE', active_release = \(next.release), active_slot = \(next.slot.rawValue),
            title = coalesce((
                SELECT configuration ->> 'title' FROM shop_release
                WHERE tenant = \(tenant) AND slug = \(slug) AND number = \(next.release)
            ), title), updated_at = now()
        WHERE tenant = \(tenant) AND slug = \(slug)
        """
    }

    /// The versions of a shop.
    static func releases(_ tenant: String, _ slug: String) -> SQL {
        """
        SELECT number::bigint, tag, layers, container, state FROM shop_release
        WHERE tenant = \(tenant) AND slug = \(slug) ORDER BY number
        """
    }

    /// What was to serve next does not any more, or does.
    static func clearTurn(_ tenant: String, _ slug: String) -> SQL {
        """
        UPDATE shop SET run = NULL, next_release = NULL, next_slot = NULL, updated_at = now()
        WHERE tenant = \(tenant) AND slug = \(slug)
        """
    }

    /// A version never came to serve.
    static func fail(_ release: Int, of tenant: String, _ slug: String) -> SQL {
        """
        UPDATE shop_release SET state = 'FAILED'
        WHERE tenant = \(tenant) AND slug = \(slug) AND number = \(release) AND state = 'NEW'
        """
    }

    /// The images of versions are not on the server any more.
    static func forget(_ releases: [Int], of tenant: String, _ slug: String) -> SQL {
        """
        UPDATE shop_release SET state = 'GONE'
        WHERE tenant = \(tenant) AND slug = \(slug) AND number = ANY(\(releases)) AND state IN ('LIVE', 'KEPT')
        """
    }

    /// Whether a run has made a version.
    static func hasBegun(_ run: UniqueID) -> SQL { "SELECT EXISTS (SELECT FROM shop_release WHERE run = \(run))" }

    /// Which of these runs are there still.
    static func runs(_ keys: [UniqueID]) -> SQL { "SELECT key FROM run WHERE key = ANY(\(keys))" }

    /// How a shop stands.
    static func set(_ status: StoredShop.Status, of tenant: String, _ slug: String) -> SQL {
        """
        UPDATE shop SET status = \(status.rawValue), updated_at = now() WHERE tenant = \(tenant) AND slug = \(slug)
        """
    }

    /// Something of the shop may be on its server, which is out of reach. The server is in ERROR from now on, by a
    /// trigger.
    static func remember(_ reason: String, of tenant: String, _ slug: String) -> SQL {
        """
        INSERT INTO forgotten_shop (server, place, tenant, slug, domain, reason)
        SELECT server, place, tenant, slug, domain, \(reason) FROM shop
        WHERE tenant = \(tenant) AND slug = \(slug) AND server IS NOT NULL
        """
    }

    /// The shop is nowhere from now on.
    static func leave(_ tenant: String, _ slug: String, _ status: StoredShop.Status) -> SQL {
        """
        UPDATE shop SET status = \(status.rawValue), server = NULL, address = NULL, place = NULL, lease = NULL,
            lease_fence = NULL, lease_is_own = false, lease_watch = NULL, active_release = NULL, active_slot = NULL,
            run = NULL, next_release = NULL, next_slot = NULL, updated_at = now()
        WHERE tenant = \(tenant) AND slug = \(slug)
        """
    }

    /// What a version is called, and how much of it was sent.
    static func shipment(_ release: Int, of tenant: String, _ slug: String) -> SQL {
        """
        SELECT tag, bytes_shipped FROM shop_release
        WHERE tenant = \(tenant) AND slug = \(slug) AND number = \(release)
        """
    }
}
