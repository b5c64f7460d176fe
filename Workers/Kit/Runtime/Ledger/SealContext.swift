/// What sealed bytes are bound to, so that they cannot be moved from one column to another.
package enum SealContext {
    /// `job.payload`.
    package static let job = "job/payload"
    /// `schedule.payload`.
    package static let schedule = "schedule/payload"
}
