package import Contracts
import Sealing

extension UniqueID {
    /// The row of the ledger that a command with an id has: a hash of (command, tenant, message id), behind the time
    /// that the id says of itself, where it is a UUID of version 7.
    ///
    /// The time is what the id's 48 bits of milliseconds have above their lowest ten: about a second, and round once
    /// in 139 years. It brings the commands of one second together in the ledger's indexes, which otherwise each take
    /// another page; docs/decisions/0013-keys-in-order-of-time.md has the measurement. 96 bits remain of the hash.
    package static func ledgerKey(_ command: String, _ tenant: String, _ id: String) -> UniqueID {
        ledgerKey(hashing: [command, tenant, id], near: id)
    }

    /// The same of other parts, beside the row of `id`.
    static func ledgerKey(hashing parts: [String], near id: String) -> UniqueID {
        let (high, low) = Digest.key(parts)
        guard let time = UniqueID(id)?.versionSevenMilliseconds else { return UniqueID(high: high, low: low) }
        return UniqueID(high: (time >> 10) << 32 | high & 0xFFFF_FFFF, low: low)
    }
}
