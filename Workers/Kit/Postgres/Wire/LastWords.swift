import CPostgres

/// What the server said unasked that changes what an answer is worth: why it ended the session, such as "terminating
/// connection due to administrator command", and that a commit stands on this server alone. libpq hands both out as
/// notices, and then forgets them.
final class LastWords {
    /// The reason, once there is one.
    private(set) var error: PostgresError?

    /// Whether a commit was answered although no standby had confirmed it: somebody cancelled the wait. A failover now
    /// would undo it.
    private(set) var isUnreplicated = false

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
        // The routine that warns has the same name in every language of the messages.
        let routine = unsafe PQresultErrorField(result, Int32(Unicode.Scalar("R").value))
        if let routine = unsafe routine, unsafe String(cString: routine) == "SyncRepWaitForLSN" {
            isUnreplicated = true
        }
    }
}
