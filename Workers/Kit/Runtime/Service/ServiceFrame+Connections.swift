package import AMQP

extension ServiceFrame {
    /// Notes how long the broker takes to confirm, for publishers that are made with it. Called once a process.
    package func confirmTimes() -> @Sendable (Duration) -> Void {
        let family = metrics.register(
            .histogram, "ruche_publish_confirm_seconds", "From sending to the broker's confirm, one sample a burst.",
            buckets: Metrics.durations)
        return { [metrics] took in metrics.observe(took.seconds, in: family) }
    }

    /// Shows at each scrape how the connections of the process are. Called once a process.
    package func showConnections(
        _ consumers: [Consumer], _ publishers: [Publisher], _ databases: [DatabaseState]
    ) {
        let blocked = metrics.register(
            .gauge, "ruche_broker_blocked", "1 while the broker takes no messages (memory or disk alarm): events wait.")
        let broker = metrics.register(
            .gauge, "ruche_broker_connected", "1 while every connection to the broker is there.")
        let brokers = metrics.register(
            .counter, "ruche_broker_connections_total", "Connections to the broker that were made.")
        let database = metrics.register(
            .gauge, "ruche_database_connected", "1 while the database answers those who need it.")
        let opened = metrics.register(
            .counter, "ruche_database_connections_total", "Connections to the database that were made.")
        metrics.onScrape { [metrics] in
            let (taking, giving) = (consumers.map(\.status), publishers.map(\.status))
            let isThere = taking.allSatisfy(\.connected) && giving.allSatisfy(\.connected)
            metrics.set(giving.contains { $0.blocked != nil } ? 1 : 0, of: blocked)
            metrics.set(isThere ? 1 : 0, of: broker)
            metrics.set(Double((taking.map(\.epoch) + giving.map(\.epoch)).reduce(0, +)), of: brokers)
            let isOpen = databases.contains(where: \.isConnected) && databases.allSatisfy(\.isWell)
            metrics.set(isOpen ? 1 : 0, of: database)
            metrics.set(Double(databases.map(\.opened).reduce(0, +)), of: opened)
        }
    }
}
