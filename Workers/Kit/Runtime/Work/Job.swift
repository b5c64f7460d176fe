package import Contracts

/// One admitted command with what the envelope said about it.
package struct Job<Input: Command>: Sendable {
    /// What identifies the job in the ledger: the hash of (command, tenant, message id). Stable across retries.
    package let key: UniqueID
    /// The message id the producer chose.
    package let id: String
    /// Whose job it is. Every row a handler reads or writes belongs to one tenant.
    package let tenant: String
    /// Which counted attempt this is, from 1.
    package let attempt: Int
    /// When its producer says it was sent; the same however often the message is delivered.
    package let sentAt: Timestamp?
    /// The payload, decoded and valid.
    package let command: Input

    package init(
        key: UniqueID, id: String, tenant: String, attempt: Int, sentAt: Timestamp? = nil, command: Input
    ) {
        self.key = key
        self.id = id
        self.tenant = tenant
        self.attempt = attempt
        self.sentAt = sentAt
        self.command = command
    }
}
