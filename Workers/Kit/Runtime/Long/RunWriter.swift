import AMQP

/// The thread through which runs write: a queue of what handlers ask for, done one after the other on a connection of
/// its own, so that no blocking call is made on the cooperative pool.
final class RunWriter: Sendable {
    /// Something to do; gets no desk when the thread has ended.
    typealias Order = @Sendable (RunDesk?) -> Void

    private struct State {
        var orders: [Order] = []
        var isClosed = false
    }

    private enum Step {
        case orders([Order])
        case end
    }

    private let state = Monitor(State())
    /// The thread's sign of life.
    let pulse = Pulse()

    /// Has something done. Never waits.
    func submit(_ order: @escaping Order) {
        let isClosed = state.withLock { state in
            if !state.isClosed { state.orders.append(order) }
            return state.isClosed
        }
        if isClosed { order(nil) } else { state.broadcast() }
    }

    /// Takes nothing more; what was asked for is done.
    func close() {
        state.withLock { $0.isClosed = true }
        state.broadcast()
    }

    /// The body of the thread.
    func run(_ desk: RunDesk) {
        while true {
            pulse.beat()
            let step = state.wait(upTo: .seconds(1)) { state -> Step? in
                defer { state.orders = [] }
                if !state.orders.isEmpty { return .orders(state.orders) }
                return state.isClosed ? .end : nil
            }
            switch step {
            case .orders(let orders):
                for order in orders {
                    pulse.begin()
                    order(desk)
                    pulse.end()
                }
            case .end:
                desk.close()
                return pulse.finish()
            case nil: continue
            }
        }
    }
}
