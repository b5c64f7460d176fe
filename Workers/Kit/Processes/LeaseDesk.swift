import CLinux
import Glibc

/// Where orders for a lease's thread are left. From any thread; nobody waits here but `waitUntilOver`.
final class LeaseDesk: Sendable {
    enum Order {
        case launch(Child, Attachment)
        case signal(Child, Int32)
        case cancel(Child)
        case abandon(Child)
    }

    private struct State {
        var orders: [Order] = []
        var isEnding = false
        /// Why nothing can be started any more.
        var fault: ProcessError?
        var isOver = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Locked(State())
    private let waking: Descriptor

    init() throws(ProcessError) {
        waking = try Descriptor(made: ruche_eventfd(), "no descriptor is left")
    }

    /// Readable when there is something new.
    var descriptor: Int32 { waking.number }

    // MARK: For those who order

    func launch(_ child: Child, _ attachment: Attachment) throws(ProcessError) {
        let fault = state.withLock { state -> ProcessError? in
            let fault = state.fault ?? (state.isEnding ? .leaseEnded : nil)
            if fault == nil { state.orders.append(.launch(child, attachment)) }
            return fault
        }
        if let fault { throw fault }
        wake()
    }

    /// Why nothing can be started any more; `nil` while it can.
    var fault: ProcessError? { state.withLock { $0.fault ?? ($0.isEnding ? .leaseEnded : nil) } }

    /// Leaves an order. It is dropped when there is nothing left that could be done.
    func post(_ order: Order) {
        state.withLock { $0.orders.append(order) }
        wake()
    }

    func end() {
        state.withLock { $0.isEnding = true }
        wake()
    }

    func waitUntilOver() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.isOver { state.waiters.append(continuation) }
                return state.isOver
            }
            if isOver { continuation.resume() }
        }
    }

    func wake() {
        var one: UInt64 = 1
        _ = unsafe write(waking.number, &one, 8)
    }

    // MARK: For the thread

    /// What was left here, and whether the lease is to end.
    func takeOrders() -> (orders: [Order], isEnding: Bool) {
        _ = waking.readAll()
        return state.withLock { state in
            defer { state.orders = [] }
            return (state.orders, state.isEnding)
        }
    }

    /// From now on nothing can be started, and this is why.
    func close(_ fault: ProcessError) { state.withLock { $0.fault = $0.fault ?? fault } }

    /// The guard is buried.
    func finish() {
        let waiters = state.withLock { state in
            state.isOver = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
