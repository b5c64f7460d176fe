import Contracts

/// A message with a field of each kind, for tests of the tables themselves.
struct Sample: Message, Equatable {
    enum Colour: String, Sendable, CaseIterable { case red, darkBlue = "dark-blue" }

    var name = ""
    var code: String?
    var cell: String?
    var count = 3
    var ratio: Double?
    var isOpen: Bool?
    var at: Timestamp?
    var id: UniqueID?
    var colour = Colour.red
    var numbers: [Int]?
    var labels: [String: String]?
    var inner: Inner?
    var items: [Inner]?
    var secret: String?

    static let fields: FieldTable<Sample> = [
        .required("name", \.name, .text(1...5), "A name."),
        .optional("code", \.code, .text(1...10, .kebab), "A code."),
        .optional("cell", \.cell, .cell(0...10), "A cell."),
        .defaulted("count", \.count, .integer(1...100), "A count."),
        .optional("ratio", \.ratio, .number(0...1), "A ratio."),
        .optional("isOpen", \.isOpen, .flag, "A flag."),
        .optional("at", \.at, .timestamp, "A time."),
        .optional("id", \.id, .uniqueID, "An id."),
        .defaulted("colour", \.colour, .choice, "A colour."),
        .optional("numbers", \.numbers, .list(of: .integer(0...9), count: 1...3), "Some numbers."),
        .optional("labels", \.labels, .labels(0...2), "Some labels."),
        .optional("inner", \.inner, .message, "An object."),
        .optional("items", \.items, .list(of: .message, count: 0...2), "Some objects."),
        .optional("secret", \.secret, .text(0...10), "A secret.", secret: true),
    ]
}

/// An object inside of ``Sample``.
struct Inner: Message, Equatable {
    var x = 0
    static let fields: FieldTable<Inner> = [.required("x", \.x, .integer(), "A number.")]
}

/// What a text is refused with: code and pointer.
struct Refusal: Equatable, CustomStringConvertible {
    let code: Fault.Code
    let pointer: String

    var description: String { "\(code) at “\(pointer)”" }
}

/// Decodes `json` and returns the fault, if it has one.
func refusal<M: Message>(_ type: M.Type, _ json: String, strict: Bool = false) -> Refusal? {
    refusal(type, bytes: Array(json.utf8), strict: strict)
}

/// Decodes bytes and returns the fault, if they have one.
func refusal<M: Message>(_ type: M.Type, bytes: [UInt8], strict: Bool = false) -> Refusal? {
    do throws(Fault) {
        _ = try M(json: bytes, strict: strict)
        return nil
    } catch {
        return Refusal(code: error.code, pointer: error.pointer)
    }
}

/// The bytes as text.
func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self)
}
