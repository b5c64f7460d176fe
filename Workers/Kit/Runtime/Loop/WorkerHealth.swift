import AMQP

extension Health {
    /// The checks of a worker.
    ///
    /// Alive: the loop comes round, and a connection that is there hears from the broker and consumes. A broker or a
    /// database that is away is no reason to restart; being connected without consuming is.
    ///
    /// - Parameter patience: how long a batch may take before the loop counts as stuck.
    static func worker(
        _ consumer: Consumer, _ pulse: Pulse, _ stop: Stop, _ metrics: Metrics, patience: Duration
    ) -> Health {
        let moving = HealthCheck("loop") {
            pulse.silence < patience ? .ok : .failing("no progress for \(Int(pulse.silence.seconds)) s")
        }
        let hearing = HealthCheck("broker") {
            let status = consumer.status
            return status.isConnected ? .ok : .failing("not connected")
        }
        let staying = HealthCheck("staying") { stop.isRequested ? .failing("draining") : .ok }
        return Health(live: [moving], ready: [moving, hearing, staying], metrics: metrics)
    }
}
