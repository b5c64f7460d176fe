import CPostgres

/// What the server said unasked before it ended the session, such as "terminating connection due to administrator
/// command". libpq hands it out as a notice when nothing is under way, and then forgets it.
final class LastWords {
    /// The reason, once there is one.
    private(set) var error: PostgresError?

    /// Makes `handle` report to this object, which must outlive it. Other notices are dropped; libpq would print them
    /// on standard error.
    func listen(to handle: OpaquePointer) {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe PQsetNoticeReceiver(
            handle,
            { context, result in
                guard let context = unsafe context, let result = unsafe result else { return }
                let words = unsafe Unmanaged<LastWords>.fromOpaque(context).takeUnretainedValue()
                unsafe words.hear(result)
            }, context)
    }

    private func hear(_ result: OpaquePointer) {
        // A notice has a SQLSTATE too; only one of severity FATAL or PANIC makes the connection lost.
        let notice = unsafe PostgresError(result: result, isOpen: true, at: .unknown)
        if notice.isConnectionLost, notice.sqlState != nil { error = notice }
    }
}
