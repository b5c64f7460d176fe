package import Contracts

/// One operation of a trace, ready to be exported.
package struct Span: Sendable {
    /// What part the operation has in passing a message on; the numbers are those of OTLP.
    package enum Kind: Int, Sendable {
        case producer = 4
        case consumer = 5
    }

    /// The value of an attribute.
    package enum Value: Sendable, Equatable {
        case text(String)
        case integer(Int)
        case number(Double)
    }

    /// What it is, in its trace.
    package let context: TraceContext
    /// The span that caused it, in another process; `nil` when it begins the trace.
    package let parent: UInt64?
    /// The vendors' part of the trace.
    package let state: String?
    /// What was done, and to which kind of command.
    package let name: String
    /// What it has to do with the message.
    package let kind: Kind
    /// When it began.
    package let start: Timestamp
    /// When it was over; not before it began.
    package var end: Timestamp
    /// What is known of it, each name once.
    package var attributes: [(name: String, value: Value)]
    /// The word for what went wrong, if it did.
    package var failure: String?

    /// What has begun, and ends with its ``end`` being set.
    package init(
        _ name: String, _ kind: Kind, context: TraceContext, parent: UInt64?, state: String?, start: Timestamp,
        attributes: [(name: String, value: Value)] = []
    ) {
        self.name = name
        self.kind = kind
        self.context = context
        self.parent = parent
        self.state = state
        self.start = start
        end = start
        self.attributes = attributes
    }

    /// What was done did not work out.
    package mutating func fail(_ word: String) {
        failure = word
        attributes.append(("error.type", .text(word)))
    }
}
