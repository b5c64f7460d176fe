import Synchronization

/// What other threads may know of a ``Database``.
package final class DatabaseState: Sendable {
    private let connections = Atomic(0)
    private let away = Atomic(false)

    /// Of a database that was not opened yet.
    package init() {}

    /// How often a connection was made.
    package var opened: Int { connections.load(ordering: .relaxed) }

    /// Whether a connection was made and, the last time one was needed, there was one or it could be made.
    package var isConnected: Bool { opened > 0 && !away.load(ordering: .relaxed) }

    /// Whether nothing is wrong: it is connected, or nobody needed it yet.
    package var isWell: Bool { !away.load(ordering: .relaxed) }

    func noteOpened() {
        connections.add(1, ordering: .relaxed)
        away.store(false, ordering: .relaxed)
    }

    func noteAway() { away.store(true, ordering: .relaxed) }
}
