/// Something that reads bytes from outside, and what must hold whatever the bytes are.
struct FuzzTarget: Sendable {
    /// The name, in one word; also that of its corpus.
    let name: String
    /// What is read, in a line.
    let summary: String
    /// Inputs to begin with, made from the contracts and from what people write.
    let seeds: @Sendable () -> [[UInt8]]
    /// Reads the bytes. Throws a ``Finding`` when something does not hold; crashing is a finding too.
    let check: @Sendable ([UInt8]) throws -> Void

    /// Every target.
    static let all: [FuzzTarget] = [
        .json, .numbers, .times, .commands, .envelopes, .events, .logs, .lists, .frames, .uris, .filters, .words,
        .journals, .keys, .http, .archives,
    ]

    /// The target of this name.
    static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}

/// A property that does not hold.
struct Finding: Error, CustomStringConvertible {
    let description: String
}

/// Throws a ``Finding`` unless the condition holds.
func require(_ condition: @autoclosure () throws -> Bool, _ message: @autoclosure () -> String) throws {
    if try !condition() { throw Finding(description: message()) }
}

/// Throws a ``Finding`` unless both are the same.
func requireSame<T: Equatable>(_ left: T, _ right: T, _ what: String) throws {
    if left != right { throw Finding(description: "\(what): \(left) is not \(right)") }
}
