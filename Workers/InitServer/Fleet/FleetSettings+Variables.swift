import AMQP
import Ansible

extension FleetSettings {
    /// What recipes are told: our key, and what the settings say.
    ///
    /// - Parameter publicKey: a line of `authorized_keys`.
    func variables(publicKey: String) -> [String: InventoryValue] {
        var variables: [String: InventoryValue] = [
            "base_operator": .text(Login.operatorName),
            "base_authorized_keys": .list([.text(publicKey)]),
            "base_metrics_sources": .list(metricsSources.map { .text($0) }),
            "base_never_banned": .list(neverBanned.map { .text($0) }),
        ]
        if let logBroker, let host = logBroker.hosts.first {
            var broker: [String: InventoryValue] = [
                "host": .text(host.name), "port": .number(Int(host.port)), "vhost": .text(logBroker.virtualHost),
                "user": .text(logBroker.username), "password": .text(logBroker.password),
            ]
            if logBroker.tls != nil { broker["ca"] = .text(logAuthorities ?? "") }
            variables["base_log_broker"] = .map(broker)
        }
        return variables
    }

    /// What of it must not be shown.
    var secrets: [String] { logBroker.map { [$0.password] } ?? [] }
}
