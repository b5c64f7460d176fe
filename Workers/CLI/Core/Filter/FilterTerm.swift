import Contracts
import Runtime

/// One term of a filter: what it asks, and whether the answer must be no.
struct FilterTerm: Hashable, Sendable {
    /// A text to compare with.
    struct Pattern: Hashable, Sendable {
        let text: String
        /// Whether it stands for everything that begins with it.
        let isPrefix: Bool

        init(_ text: String, isPrefix: Bool = false) {
            self.text = text
            self.isPrefix = isPrefix
        }

        func matches(_ other: String) -> Bool { isPrefix ? other.hasPrefix(text) : other == text }
    }

    /// How a number is compared.
    enum Comparison: String, CaseIterable, Sendable {
        case atLeast = ">="
        case atMost = "<="
        case above = ">"
        case below = "<"
        case equal = ""
    }

    /// What is asked.
    enum Question: Hashable, Sendable {
        case state([JobState])
        case command([Pattern])
        case tenant([Pattern])
        case error([Pattern])
        case id([Pattern])
        case correlation([Pattern])
        case worker([Pattern])
        case attempts(Comparison, Int)
        case since(Timestamp)
        case until(Timestamp)
        case handled(Bool)
        case payload([String], [Pattern])
        case text(String)
    }

    let question: Question
    var isNegated = false
}
