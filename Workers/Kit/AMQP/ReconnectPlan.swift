/// Decides which host to try next and how long to wait before.
///
/// The other hosts are tried at once, one after the other; the wait comes when the round is complete. A connection must
/// last `stableAfter` before the backoff starts anew: a broker that accepts and hangs up is not stormed.
package struct ReconnectPlan: Sendable {
    private let hosts: Int
    private let stableAfter: Duration
    private var backoff: Backoff
    private var triedInRound = 0

    /// The index of the host to try.
    package private(set) var host: Int

    /// A plan over `hosts` addresses. `start` spreads many clients over them.
    package init(hosts: Int, start: Int = 0, stableAfter: Duration = .seconds(5), backoff: Backoff = Backoff()) {
        self.hosts = max(1, hosts)
        self.stableAfter = stableAfter
        self.backoff = backoff
        host = start % max(1, hosts)
    }

    /// The attempt failed. Returns how long to wait before the next one.
    package mutating func failed(random: Double) -> Duration {
        host = (host + 1) % hosts
        triedInRound += 1
        if triedInRound < hosts { return .zero }
        triedInRound = 0
        return backoff.failed(random: random)
    }

    /// A connection ended after `lifetime`. Returns how long to wait before the next attempt, at the next host.
    package mutating func ended(after lifetime: Duration, random: Double) -> Duration {
        host = (host + 1) % hosts
        triedInRound = 0
        if lifetime >= stableAfter { backoff.succeeded() }
        return backoff.failed(random: random)
    }
}
