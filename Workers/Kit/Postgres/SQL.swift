/// A statement and its parameters.
///
/// Written as a string literal; every interpolated value becomes a parameter (`$1`, `$2`, …) and travels beside the
/// text in binary, so that no value can become SQL. There is no interpolation that inserts a string as text.
///
/// ```swift
/// let sql: SQL = "SELECT id FROM task WHERE owner = \(owner) AND state = ANY(\(states))"
/// ```
///
/// The text is also the key of the prepared statement, so a literal with values in it, not beside it, would be
/// prepared anew each time. Building one costs the text, three arrays, and the encoded bytes.
package struct SQL: Sendable, ExpressibleByStringInterpolation, CustomStringConvertible {
    /// The text with `$n` where values belong.
    package let text: String

    let parameters: Parameters

    package init(stringLiteral text: String) {
        self.text = text
        parameters = Parameters()
    }

    package init(stringInterpolation: StringInterpolation) {
        text = stringInterpolation.text
        parameters = stringInterpolation.parameters
    }

    /// One statement from a trusted source: a file in the repository, never input.
    package init(script text: String) { self.init(stringLiteral: text) }

    /// The text. Values are never printed.
    package var description: String { text }
}

extension SQL: CustomReflectable {
    /// Hides the parameters from `dump`.
    package var customMirror: Mirror { Mirror(self, children: ["text": text]) }
}

extension SQL {
    /// Collects the text and the parameters of a ``SQL`` literal.
    package struct StringInterpolation: StringInterpolationProtocol {
        var text: String
        var parameters: Parameters

        package init(literalCapacity: Int, interpolationCount: Int) {
            text = ""
            text.reserveCapacity(literalCapacity + interpolationCount * 3)
            parameters = Parameters(count: interpolationCount)
        }

        /// Takes over a piece of the literal's text.
        package mutating func appendLiteral(_ literal: String) { text += literal }

        /// Binds `value` as the next parameter.
        package mutating func appendInterpolation<T: PostgresEncodable>(_ value: T) {
            parameters.append(value)
            text += "$"
            text += String(parameters.count)
        }

        /// Binds `value`, or NULL.
        package mutating func appendInterpolation<T: PostgresEncodable>(_ value: T?) {
            parameters.append(value)
            text += "$"
            text += String(parameters.count)
        }

        /// Inserts the name of a table, column, channel or schema in double quotes, with the quotes in it doubled.
        package mutating func appendInterpolation(identifier name: String) {
            text += "\""
            for scalar in name.unicodeScalars {
                if scalar == "\"" { text += "\"" }
                text.unicodeScalars.append(scalar)
            }
            text += "\""
        }
    }
}

/// The parameters of one statement in binary: one flat buffer, and where each value ends in it.
struct Parameters: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var types: [TypeID] = []

    /// The end of each value in ``bytes``; the complement of it when the value is NULL.
    private(set) var ends: [Int] = []

    init(count: Int = 0) {
        guard count > 0 else { return }
        types.reserveCapacity(count)
        ends.reserveCapacity(count)
        bytes.reserveCapacity(count * 16)
    }

    var count: Int { types.count }

    mutating func append<T: PostgresEncodable>(_ value: T) {
        types.append(T.type)
        if value.isNull {
            ends.append(~bytes.count)
        } else {
            value.encode(into: &bytes)
            ends.append(bytes.count)
        }
    }
}
