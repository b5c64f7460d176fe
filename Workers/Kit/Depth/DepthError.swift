package import AMQP
import HTTPClient
package import Postgres

/// Why a look was not possible. A queue that is missing is no error: see ``QueueDepth/ready``.
package struct DepthError: Error, Sendable, CustomStringConvertible {
    /// A kind of failure. Extensible: compare with the constants, and keep a default branch.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        package let description: String

        /// A code of its own, for a caller that adds one.
        package init(_ description: String) { self.description = description }

        /// The address of the management API cannot be used as written.
        package static let address = Code("address")
        /// The broker refused, or was lost: what lies beneath says why.
        package static let broker = Code("broker")
        /// The database refused, or was lost: what lies beneath says why.
        package static let database = Code("database")
        /// The management API could not be asked: what lies beneath says why.
        package static let management = Code("management")
        /// The management API said no.
        package static let refused = Code("refused")
        /// The management API said what nobody understands.
        package static let answer = Code("answer")
    }

    package let code: Code
    /// A whole sentence for a person, without secrets.
    package let message: String
    /// The error beneath, where there is one.
    package let underlying: (any Error)?
    package let file: String
    package let line: Int

    init(
        _ code: Code, _ message: String, underlying: (any Error)? = nil, file: String = #fileID, line: Int = #line
    ) {
        self.code = code
        self.message = message
        self.underlying = underlying
        self.file = file
        self.line = line
    }

    /// The broker refused, or was lost.
    package init(_ error: AMQPError) { self.init(.broker, "broker: \(error.summary)", underlying: error) }

    /// The database refused, or was lost.
    package init(_ error: PostgresError) { self.init(.database, "database: \(error.summary)", underlying: error) }

    init(_ error: ClientError) { self.init(.management, "management: \(error.message)", underlying: error) }

    /// Whether the same look may be possible later without anybody changing a setting.
    package var isTransient: Bool {
        switch underlying {
        case let error as AMQPError: error.isTransient
        case let error as PostgresError: error.isTransient
        case let error as ClientError: error.isTransient
        default: false
        }
    }

    package var description: String { "\(code): \(message)" }
}
