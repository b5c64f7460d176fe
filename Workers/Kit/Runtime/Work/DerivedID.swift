package import Contracts

extension UniqueID {
    /// The version 7 id of what a job makes: of an instant, and of 74 bits of the job's key. It costs no randomness, is
    /// the same when the job is done again at the same instant, and is of another job's thing by chance only.
    ///
    /// The bits are of the hash that a key is, from behind the 32 that may be the time: those say nothing that the
    /// instant does not. Keys that begin alike give ids in their order.
    package static func v7(at time: Timestamp, of key: UniqueID) -> UniqueID {
        let hash = key.high << 32 | key.low >> 32
        let head = UInt16(truncatingIfNeeded: hash >> 52)
        let tail = (hash << 12 | (key.low & 0xFFFF_FFFF) >> 20) >> 2
        return UniqueID.v7(at: time, random: (tail, head))
    }
}
