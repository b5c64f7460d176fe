package import Contracts
package import Runtime

/// The time from which the lines of a command count that have none of their own.
///
/// Two lines of equal stream, time and text are one line to Loki. So equal lines of different commands must not have
/// one time, however many commands come in a second; and a line must have the same time whenever it is pushed.
package struct LokiTimes {
    private var young: [UniqueID: Int64] = [:]
    private var old: [UniqueID: Int64] = [:]
    private let limit: Int

    private static let second: Int64 = 1_000_000_000

    /// - Parameter limit: of how many commands the time is remembered at least. Twice as many are at most.
    package init(limit: Int = 10_000) { self.limit = limit }

    /// The time, in nanoseconds since 1970: the command's second and a part of it that its key decides.
    ///
    /// Of a command that says when it was sent this is the same in every process. Of any other it is the time of its
    /// first push, which is remembered: the ledger admits a key again only if nothing came of it.
    package mutating func base(of job: Job<IngestLogs>, at now: Timestamp) -> Int64 {
        // The producer's clock may be anything; a time that Loki would refuse is none. The lines go on for a second.
        let allowed = now - LogLimits.age..<now + LogLimits.ahead - .seconds(2)
        if let base = young[job.key] ?? old[job.key], allowed.contains(Timestamp(microseconds: base / 1000)) {
            remember(base, of: job.key)
            return base
        }
        let part = Int64(job.key.low % UInt64(Self.second))
        if let sent = job.sentAt, allowed.contains(sent), allowed.contains(sent - .seconds(1)) {
            return sent.microseconds / 1_000_000 * Self.second + part
        }
        let base = now.microseconds * 1000 - Self.second + part
        remember(base, of: job.key)
        return base
    }

    private mutating func remember(_ base: Int64, of key: UniqueID) {
        young[key] = base
        guard young.count >= limit else { return }
        old = young
        young = [:]
    }
}
