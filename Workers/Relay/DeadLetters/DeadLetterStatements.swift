import AMQP
import Contracts
import Runtime

/// The statements of the dead letters' drain.
enum DeadLetterStatements {
    /// What the ledger knows of these commands.
    static func known(_ keys: [UniqueID]) -> SQL {
        "SELECT key, state, body_hash FROM job_key WHERE key = ANY(\(keys))"
    }

    /// Keeps a message that has nowhere to go.
    static func keep(_ letter: DeadLetter, keys: KeyRing) -> SQL {
        let delivery = letter.delivery
        let exchange = letter.origin == nil ? delivery.exchange : ""
        return """
            INSERT INTO stray (exchange, routing_key, message_id, type, body)
            VALUES (\(storable(exchange)), \(storable(letter.origin ?? delivery.routingKey)),
                \(delivery.properties.messageID.map(storable)), \(delivery.properties.type.map(storable)),
                \(Bytes(keys.seal(delivery.body, context: SealContext.stray))))
            """
    }

    /// PostgreSQL's text holds every character but U+0000.
    private static func storable(_ text: String) -> String {
        guard text.utf8.contains(0) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value == 0 ? "\u{FFFD}" : $0 }))
    }
}

extension SealContext {
    /// `stray.body`.
    static let stray = "stray/body"
}
