/// A part of the envelope where it was found, so that a fault of it names the place.
struct EnvelopePart {
    /// Where it was found.
    enum Place {
        /// A property of AMQP, such as `message_id`.
        case property(StaticString)
        /// A header.
        case header(String)
        /// An attribute of a CloudEvent in structured mode.
        case body(String)

        /// What a fault's pointer says.
        var pointer: String {
            switch self {
            case .property(let name): "/properties/\(name)"
            case .header(let name): "/headers/\(JSONPointer.token(name))"
            case .body(let name): "/\(JSONPointer.token(name))"
            }
        }
    }

    let value: WireMessage.HeaderValue
    let place: Place

    init(_ value: WireMessage.HeaderValue, _ place: Place) {
        self.value = value
        self.place = place
    }

    /// The value of a property, which is always text on the wire. The decoder repairs what is not UTF-8 with U+FFFD;
    /// then two texts that differ may look the same, so that counts as no text.
    static func property(_ text: String?, _ name: StaticString) -> EnvelopePart? {
        guard let text, !text.isEmpty else { return nil }
        let isRepaired = text.utf8.contains(0xEF) && text.unicodeScalars.contains("\u{FFFD}")
        return EnvelopePart(isRepaired ? .bytes([0xFF]) : .text(text), .property(name))
    }

    /// Reads the value; a fault of it is a fault at its place.
    func read<T>(_ body: (WireMessage.HeaderValue) throws(Fault) -> T) throws(Fault) -> T {
        do throws(Fault) { return try body(value) } catch {
            throw Fault(error.code, at: place.pointer, error.message)
        }
    }
}
