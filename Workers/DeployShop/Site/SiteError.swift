/// Why no pages can be made of a configuration. The description never has the value: it may be anything.
package struct SiteError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A kind of failure. Extensible: compare with the constants, and keep a default branch.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        package let description: String

        /// A code of its own, for a caller that adds one.
        package init(_ description: String) { self.description = description }

        /// No title: nothing but white space, or longer than a title is.
        package static let badTitle = Code("bad-title")
        /// No address that mail can be sent to.
        package static let badEmail = Code("bad-email")
        /// No telephone number.
        package static let badPhone = Code("bad-phone")
        /// No colour of the form `#rrggbb`.
        package static let badColour = Code("bad-colour")
        /// No name of DNS.
        package static let badDomain = Code("bad-domain")
        /// A page of ours with a slot that is none, that nothing is for, or that is missing.
        package static let badTemplate = Code("bad-template")
    }

    /// What kind of failure it is.
    package let code: Code
    /// What is wrong, for people, without the value.
    package let message: String

    init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }

    package var description: String { "\(code): \(message)" }
}
