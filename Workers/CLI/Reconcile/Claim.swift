import Contracts
import Runtime

/// What somebody outside the ledger knows of a command: that the broker confirmed it, or that an event told of it.
struct Claim {
    /// Its row in the ledger.
    let key: UniqueID
    let command: String
    let tenant: String
    let id: String
    /// What the event said, such as `succeeded`; empty for a confirm.
    var announced = ""
    /// The event's number within its job; 0 for a confirm.
    var sequence = 0
    /// The line of the file of commands that it stands on; 0 when there is none.
    var line = 0

    init(_ command: String, _ tenant: String, _ id: String, key: UniqueID? = nil) {
        (self.command, self.tenant, self.id) = (command, tenant, id)
        self.key = key ?? .ledgerKey(command, tenant, id)
    }
}
