import CPostgres
import Synchronization

/// Cancels whatever statement its connection is running, from any thread.
///
/// The request travels on a connection of its own and takes effect only if the statement is still running: it may come
/// too late, or hit the next statement. A statement it stops fails with ``PostgresError/Code/cancelled``.
package final class Canceller: Sendable {
    private struct State: ~Copyable {
        var isRequested = false
        var isClosed = false
    }

    private let request: Request
    private let state = Mutex(State())

    init(_ handle: OpaquePointer) { request = unsafe Request(handle: handle) }

    /// Asks the server to cancel. Blocks for a connection set-up and an answer; does nothing after `close()`. Returns
    /// whether the request was delivered, which does not say that a statement was stopped.
    @discardableResult
    package func cancel() -> Bool {
        let isOpen = state.withLock { state in
            guard !state.isClosed else { return false }
            state.isRequested = true
            return true
        }
        return isOpen && request.send()
    }

    /// Whether a cancel was asked for since the last call. Tells our own cancel from `statement_timeout`, which has the
    /// same SQLSTATE.
    func takeRequest() -> Bool {
        state.withLock { state in
            defer { state.isRequested = false }
            return state.isRequested
        }
    }

    func close() { state.withLock { $0.isClosed = true } }
}

/// Owns libpq's cancel key.
@safe private final class Request: @unchecked Sendable {
    // Immutable after creation; PQcancel only reads it and may be called from any thread.
    private let key: OpaquePointer?

    init(handle: OpaquePointer) { unsafe key = PQgetCancel(handle) }

    deinit { unsafe PQfreeCancel(key) }

    func send() -> Bool {
        guard let key = unsafe key else { return false }
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { reason in
            unsafe PQcancel(key, reason.baseAddress, Int32(reason.count)) == 1
        }
    }
}
