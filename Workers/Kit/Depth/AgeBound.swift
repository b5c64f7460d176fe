import Contracts

/// What is known about the age of the oldest message of one queue, from look to look. Pure.
///
/// A queue is first in, first out: nothing in it was sent before what was admitted last, and nothing came before it was
/// empty. A message that was handed back may be older; it is soon admitted.
struct AgeBound {
    private var since: Timestamp?
    private var firstLook: Timestamp?

    /// Takes note of a look.
    ///
    /// - Parameters:
    ///   - isEmpty: whether nothing is to be done.
    ///   - newest: when the last that was admitted lately had been sent, as its producer says it.
    /// - Returns: the oldest message is at most so old; `nil` when nothing is known.
    mutating func note(isEmpty: Bool, newest: Timestamp?, at now: Timestamp) -> Duration? {
        if isEmpty {
            since = now
            return .zero
        }
        // A producer's clock may be ahead.
        if let newest { since = max(since ?? .epoch, min(newest, now)) }
        if let since { return max(.zero, now - since) }
        guard let firstLook else {
            firstLook = now
            return nil
        }
        return max(.zero, now - firstLook)
    }
}
