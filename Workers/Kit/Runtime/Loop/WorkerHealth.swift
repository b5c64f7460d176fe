package import AMQP

extension Health {
    /// The checks of a worker.
    ///
    /// Alive: every loop comes round and so do the threads of its connections, and a connection that is there hears
    /// from the broker and consumes what it should. A broker or a database that is away is no reason to restart.
    ///
    /// - Parameters:
    ///   - patience: how long a batch may take before the loop counts as stuck.
    ///   - more: what the worker needs besides.
    ///   - alive: what else must be well, or the process ends.
    static func worker(
        _ consumer: Consumer, _ publishers: [Publisher], _ vigil: Vigil, _ pulses: [Pulse], _ frame: ServiceFrame,
        patience: Duration, more: [HealthCheck], alive: [HealthCheck] = []
    ) -> Health {
        let moving = HealthCheck("loop") {
            let silence = pulses.map(\.silence).max() ?? .zero
            return silence < patience ? .ok : .failing("no progress for \(Int(silence.seconds)) s")
        }
        let consuming = HealthCheck("consumer") { vigil.judge(consumer.status) }
        let threads = [frame.isTurning(consumer)] + publishers.map(frame.isTurning)
        let connected = HealthCheck("broker") { consumer.status.connected ? .ok : .failing("not connected") }
        let begun = HealthCheck("database") { vigil.judgeBeginning() }
        return Health(
            live: [moving, consuming] + threads + alive,
            ready: [moving, consuming, connected, begun, frame.isStaying] + threads + more, metrics: frame.metrics)
    }
}

/// A connection that stands still is not noticed by who hands it work or waits for what it brings: its thread is
/// watched. What hangs inside the library is freed before, by cutting the connection.
extension ServiceFrame {
    /// Alive: the consumer's thread comes round while it is connected.
    package func isTurning(_ consumer: Consumer) -> HealthCheck {
        isTurning("consumer's thread") { [consumer] in
            let status = consumer.status
            return status.connected ? status.standstill : nil
        }
    }

    /// Alive: the publisher's thread comes round while it is connected.
    package func isTurning(_ publisher: Publisher) -> HealthCheck {
        isTurning("publisher's thread") { [publisher] in
            let status = publisher.status
            return status.connected ? status.standstill : nil
        }
    }

    private func isTurning(_ name: String, _ standstill: @escaping @Sendable () -> Duration?) -> HealthCheck {
        // An idle one comes round every five seconds, and the library may hang for three heartbeats.
        let heartbeat = plan.addresses.amqp?.heartbeat ?? .zero
        let patience = plan.patience.covering(.seconds(10), usually: max(.seconds(60), heartbeat * 6))
        return HealthCheck(name) {
            guard let standstill = standstill(), standstill >= patience else { return .ok }
            return .failing("no progress for \(Int(standstill.seconds)) s")
        }
    }
}
