import AMQP

extension Health {
    /// The checks of a worker.
    ///
    /// Alive: every loop comes round, and a connection that is there hears from the broker and consumes what it
    /// should. A broker or a database that is away is no reason to restart.
    ///
    /// - Parameters:
    ///   - patience: how long a batch may take before the loop counts as stuck.
    ///   - more: what the worker needs besides.
    static func worker(
        _ consumer: Consumer, _ vigil: Vigil, _ pulses: [Pulse], _ frame: ServiceFrame, patience: Duration,
        more: [HealthCheck]
    ) -> Health {
        let moving = HealthCheck("loop") {
            let silence = pulses.map(\.silence).max() ?? .zero
            return silence < patience ? .ok : .failing("no progress for \(Int(silence.seconds)) s")
        }
        let consuming = HealthCheck("consumer") { vigil.judge(consumer.status) }
        let connected = HealthCheck("broker") { consumer.status.connected ? .ok : .failing("not connected") }
        let begun = HealthCheck("database") { vigil.judgeBeginning() }
        return Health(
            live: [moving, consuming], ready: [moving, consuming, connected, begun, frame.isStaying] + more,
            metrics: frame.metrics)
    }
}
