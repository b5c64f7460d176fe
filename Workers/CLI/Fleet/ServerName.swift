import Contracts
import Runtime

/// How a server is named on the line: by its id, or by its address with or without the SSH port.
enum ServerName: Hashable, Sendable {
    case id(Int64)
    case address(IPAddress, port: Int32?)

    /// Reads `12`, `192.0.2.10`, `192.0.2.10:2222`, `2001:db8::1` or `[2001:db8::1]:2222`.
    init(_ text: String) throws(Failure) {
        if let id = Int64(text), id > 0 {
            self = .id(id)
        } else if let address = IPAddress(text) {
            self = .address(address, port: nil)
        } else if let colon = text.lastIndex(of: ":"), let port = Int32(text[text.index(after: colon)...]),
            (1...65_535).contains(port), let address = Self.bracketed(text[..<colon])
        {
            self = .address(address, port: port)
        } else {
            throw Failure(
                .usage, "a server is named by its id or its address, not `\(text)`", "see: ruche servers list")
        }
    }

    private static func bracketed(_ text: Substring) -> IPAddress? {
        if text.hasPrefix("["), text.hasSuffix("]") { return IPAddress(String(text.dropFirst().dropLast())) }
        guard let address = IPAddress(String(text)), address.isV4 else { return nil }
        return address
    }

    /// The one server of a tenant that is called so; `tenant` is `nil` for all of them.
    ///
    /// - Throws: ``ExitCode/notFound``, or ``ExitCode/usage`` when several are.
    func find(_ tenant: String?, _ database: Postgres.Connection) throws -> Int64 {
        let rows = try database.query(statement(tenant))
        guard rows.count > 0 else {
            throw Failure(
                .notFound, "no server `\(self)`" + (tenant.map { Tenants.named([$0]) } ?? ""), "see: ruche servers list"
            )
        }
        guard rows.count == 1 else {
            let ids = try (0..<rows.count).map { try rows.get($0, 0, as: Int64.self).description }
            throw Failure(
                .usage, "several servers have the address \(self): \(ids.joined(separator: ", "))",
                "name one by its id")
        }
        return try rows.get(0, 0)
    }

    private func statement(_ tenant: String?) -> SQL {
        switch self {
        case .id(let id): "SELECT id FROM server WHERE id = \(id) AND (\(tenant) IS NULL OR tenant = \(tenant))"
        case .address(let address, let port):
            """
            SELECT id FROM server
            WHERE ip = \(address.description)::inet AND (\(port) IS NULL OR ssh_port = \(port))
                AND (\(tenant) IS NULL OR tenant = \(tenant))
            ORDER BY id LIMIT 10
            """
        }
    }
}

extension ServerName: CustomStringConvertible {
    var description: String {
        switch self {
        case .id(let id): String(id)
        case .address(let address, nil): address.description
        case .address(let address, let port?): address.isV4 ? "\(address):\(port)" : "[\(address)]:\(port)"
        }
    }
}
