/// What became of a published message.
public enum PublishOutcome: Hashable, Sendable {
    /// The broker has taken responsibility: every queue it was routed to has stored it.
    case confirmed
    /// The broker refused it, usually because a queue is full (`reject-publish`). Try again later.
    case nacked
    /// It reached no queue (312), or it can never be published: its exchange does not exist (404), it is too large
    /// (406, 311), or a property does not fit the protocol (501, decided before sending).
    case returned(replyCode: UInt16, text: String)
    /// The connection ended before the broker answered, or there was none: it may or may not be in the queues.
    case unknown
}

/// The outcome of one message.
public struct PublishReport: Hashable, Sendable {
    /// The token of the message.
    public let token: UInt64
    /// What became of it.
    public let outcome: PublishOutcome

    /// The outcome of one message.
    public init(token: UInt64, outcome: PublishOutcome) {
        self.token = token
        self.outcome = outcome
    }
}
