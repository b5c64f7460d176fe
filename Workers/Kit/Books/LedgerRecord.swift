package import Contracts
package import Runtime

/// One line of a ``ProducerLedger``.
package enum LedgerRecord: Sendable {
    /// A message was about to be published under this number.
    case intended(Int, LedgerEntry)
    /// The broker confirmed these.
    case confirmed([Int])
    /// The broker returned or refused these.
    case refused([Int])

    /// How the line of an intention begins.
    static let intentionMark = Array(#"{"number":"#.utf8)

    init(parsing line: [UInt8]) throws(Fault) {
        let wire = try RecordDocument(json: line, strict: true)
        if let confirmed = wire.confirmed {
            self = .confirmed(confirmed)
        } else if let refused = wire.refused {
            self = .refused(refused)
        } else if let number = wire.number, let entry = LedgerEntry(wire) {
            self = .intended(number, entry)
        } else {
            throw Fault(.missingField, "Expected an intention, or what was confirmed or refused.")
        }
    }

    static func write(_ number: Int, _ intention: Intention, to lines: inout [UInt8]) {
        let identity = intention.identity
        var writer = JSONWriter(capacity: 320)
        writer.beginObject()
        writer.key("number")
        writer.write(number)
        writer.key("command")
        writer.write(intention.command.rawValue)
        writer.key("tenant")
        writer.write(identity.tenant)
        if let id = identity.id {
            writer.key("id")
            writer.write(id)
        }
        writer.key("source")
        writer.write(identity.source.rawValue)
        writer.key("hash")
        writer.write(Hex.text(identity.hash))
        writer.key("key")
        writer.write(identity.key)
        writer.key("reusedKey")
        writer.write(identity.reusedKey)
        writer.key("endings")
        writer.write(intention.endings.reduce(0) { $0 | $1.mask })
        writer.endObject()
        lines += writer.bytes
        lines.append(0x0A)
    }

    static func answer(_ word: String, _ numbers: [Int]) -> [UInt8] {
        var writer = JSONWriter(capacity: 32 + numbers.count * 8)
        writer.beginObject()
        writer.key(word)
        writer.beginList()
        for number in numbers { writer.write(number) }
        writer.endList()
        writer.endObject()
        return writer.bytes + [0x0A]
    }
}

/// What was written about one intention.
package struct LedgerEntry: Sendable {
    /// The command whose queue it went to.
    package let command: CommandName
    /// Whose it is.
    package let tenant: String
    /// The message id, as far as it could be read.
    package let id: String?
    /// Where its identity comes from.
    package let source: LedgerIdentity.Source
    /// SHA-256 of the payload.
    package let hash: [UInt8]
    /// Its row in the ledger.
    package let key: UniqueID
    /// Its row when the id belongs to another body.
    package let reusedKey: UniqueID
    /// How it may end, a bit an outcome.
    let endings: Int

    fileprivate init?(_ wire: RecordDocument) {
        guard let command = wire.command.flatMap(CommandName.init(rawValue:)), let hash = wire.hash.flatMap(Hex.bytes),
            let source = wire.source.flatMap(LedgerIdentity.Source.init(rawValue:)), let tenant = wire.tenant,
            let key = wire.key, let reusedKey = wire.reusedKey, let endings = wire.endings
        else { return nil }
        (self.command, self.tenant, self.hash, self.source) = (command, tenant, hash, source)
        (self.key, self.reusedKey, self.endings, id) = (key, reusedKey, endings, wire.id)
    }
}

/// The members of a line.
private struct RecordDocument: Message {
    var number: Int?
    var command: String?
    var tenant: String?
    var id: String?
    var source: String?
    var hash: String?
    var key: UniqueID?
    var reusedKey: UniqueID?
    var endings: Int?
    var confirmed: [Int]?
    var refused: [Int]?

    static let fields: FieldTable<RecordDocument> = [
        .optional("number", \.number, .integer(0 ... .max), "The number of the message."),
        .optional("command", \.command, .text(1...64), "The command."),
        .optional("tenant", \.tenant, .text(0...255), "Whose it is."),
        .optional("id", \.id, .text(0...255), "The message id."),
        .optional("source", \.source, .text(1...16), "Where the identity comes from."),
        .optional("hash", \.hash, .text(64...64), "SHA-256 of the payload."),
        .optional("key", \.key, .uniqueID, "The row of the ledger."),
        .optional("reusedKey", \.reusedKey, .uniqueID, "The row when the id belongs to another body."),
        .optional("endings", \.endings, .integer(0...31), "How it may end."),
        .optional("confirmed", \.confirmed, .list(of: .integer(), count: 0 ... .max), "What was confirmed."),
        .optional("refused", \.refused, .list(of: .integer(), count: 0 ... .max), "What was refused."),
    ]
}
