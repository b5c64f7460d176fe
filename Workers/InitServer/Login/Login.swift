import Ansible

/// How servers are logged on to. Pure.
enum Login {
    /// The user that the recipe makes for us.
    static let operatorName = "ruche"

    /// The server as ansible is to be given it: by our key once it is ours, as the list says until then. Or why that
    /// cannot be.
    static func host(_ server: FleetServer, named name: String) -> Result<InventoryHost, HostFailure> {
        var host = bare(server, named: name, user: server.isOperated ? operatorName : server.user)
        if !server.isOperated {
            switch server.password {
            case .none: break
            case .clear(let password): (host.password, host.becomePassword) = (password, password)
            case .missing: return .failure(HostFailure(.noPassword))
            case .unreadable: return .failure(HostFailure(.passwordUnreadable))
            }
        }
        do throws(AnsibleError) { try host.check() } catch {
            return .failure(HostFailure(.badLogin, message: "\(error)"))
        }
        return .success(host)
    }

    /// The same server as the operator's.
    static func operated(_ server: FleetServer, named name: String) -> InventoryHost {
        bare(server, named: name, user: operatorName)
    }

    /// Whether a server that refuses its login may have been made ours by a run that did not get to say so: its last
    /// step is to refuse passwords.
    static func mayBeOperated(_ server: FleetServer, after failure: HostFailure) -> Bool {
        !server.isOperated && server.hasBegun && [.wrongPassword, .keyRefused].contains(failure.reason)
    }

    /// What servers are called in a run: by their addresses, and where several share one, by their ids.
    static func names(_ servers: [FleetServer]) -> [Int: String] {
        let shared = Dictionary(grouping: servers, by: \.ip).filter { $0.value.count > 1 }
        return Dictionary(
            servers.map { ($0.id, shared[$0.ip] == nil ? $0.ip : "server-\($0.id)") }, uniquingKeysWith: { $1 })
    }

    /// What people are told of where a server is.
    static func place(_ server: FleetServer, among servers: [FleetServer]) -> String {
        guard servers.contains(where: { $0.ip == server.ip && $0.id != server.id }) else { return server.ip }
        return KnownHosts.name(server.ip, server.port)
    }

    private static func bare(_ server: FleetServer, named name: String, user: String) -> InventoryHost {
        var host = InventoryHost(
            name, address: name == server.ip ? nil : server.ip, port: server.port, user: user,
            keyType: server.hostKey.flatMap(KnownHosts.kind))
        if !server.forgotten.isEmpty {
            let shops = server.forgotten.sorted { $0.place < $1.place }
            host.variables[ForgottenShop.variable] = .list(shops.map(\.value))
        }
        return host
    }
}
