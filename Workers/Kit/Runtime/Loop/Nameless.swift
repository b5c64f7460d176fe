import Contracts
import Sealing

/// Messages without an id, of commands that need none.
///
/// Such a message gets an id of its own when it is first delivered: two equal messages are two, and each is done. Its
/// retries carry that id. A redelivery could be either of them, and gets the key of its bytes, so that starts of one
/// that kills its process are counted; what the ledger has as done under that key is done once more, under an id of its
/// own. That makes it at least once.
extension Arrived {
    /// Whether the message has no id, needs none, and comes from its producer.
    func isNameless(to handler: Handler) -> Bool {
        envelope.id == nil && envelope.turn == 0 && handler.identity == .optional
    }

    /// The same message under an id of its own.
    func named(for handler: Handler) -> Arrived {
        var source = SystemRandomNumberGenerator()
        let id = UniqueID.v7(at: .now, random: (source.next(), UInt16(truncatingIfNeeded: source.next())))
        let named = envelope.identified(as: id)
        return Arrived(
            envelope: named, key: Self.key(of: named, hash: hash, command: handler.name, identity: handler.identity),
            hash: hash, preset: preset)
    }
}
