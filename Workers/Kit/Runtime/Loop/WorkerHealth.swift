import AMQP

extension Health {
    /// The checks of a worker.
    ///
    /// Alive: the loop comes round, and a connection that is there hears from the broker and consumes. A broker or a
    /// database that is away is no reason to restart; being connected without consuming is.
    ///
    /// - Parameter patience: how long a batch may take before the loop counts as stuck.
    static func worker(
        _ consumer: Consumer, _ pulse: Pulse, _ frame: ServiceFrame, patience: Duration
    ) -> Health {
        let moving = HealthCheck("loop") {
            pulse.silence < patience ? .ok : .failing("no progress for \(Int(pulse.silence.seconds)) s")
        }
        let hearing = HealthCheck("broker") {
            let status = consumer.status
            return status.isConnected ? .ok : .failing("not connected")
        }
        return Health(live: [moving], ready: [moving, hearing, frame.isStaying], metrics: frame.metrics)
    }
}
