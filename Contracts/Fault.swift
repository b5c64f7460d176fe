/// Why a message cannot be taken: what is wrong, where, and in words.
///
/// A fault is final: the same bytes fail the same way each time, so a command that has one is never retried. Its
/// description never contains a value of the message, only names of fields and byte positions.
public struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public var code: Code
    /// Where it is wrong: a JSON Pointer (RFC 6901) into the payload, empty for the whole of it. What is wrong beside
    /// the payload is at `/headers/<name>` or `/properties/<name>`; no command has fields of these names.
    public var pointer: String
    /// What is wrong, in a sentence for a person.
    public var message: String

    /// A fault at `pointer`.
    public init(_ code: Code, at pointer: String = "", _ message: String) {
        self.code = code
        self.pointer = pointer
        self.message = message
    }

    /// The code, the place and the sentence, on one line.
    public var description: String {
        pointer.isEmpty ? "\(code): \(message)" : "\(code) at \(pointer): \(message)"
    }

    /// The same fault seen from the object that has the faulty value in its field `name`.
    func inside(_ name: String) -> Fault {
        Fault(code, at: "/\(JSONPointer.token(name))\(pointer)", message)
    }

    /// The same fault seen from the list that has the faulty value at `index`.
    func inside(_ index: Int) -> Fault {
        Fault(code, at: "/\(index)\(pointer)", message)
    }
}
