import Glibc

/// Why an image cannot be read, made or written. The description names places in an archive, and never their content.
package struct ImageError: Error, Sendable, CustomStringConvertible {
    /// A kind of failure. Extensible: compare with the constants, and keep a default branch.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        package let description: String

        /// A code of its own, for a caller that adds one.
        package init(_ description: String) { self.description = description }

        /// There is no such archive.
        package static let notFound = Code("not-found")
        /// The archive is there, and cannot be read.
        package static let unreadable = Code("unreadable")
        /// The archive ends before it is complete.
        package static let truncated = Code("truncated")
        /// No archive of an image: its headers, its manifest or its configuration make no sense.
        package static let malformed = Code("malformed")
        /// A name or a link that leads out of the archive.
        package static let unsafePath = Code("unsafe-path")
        /// What a tar archive may hold and an image's does not need: hard links, sparse files, devices.
        package static let unsupported = Code("unsupported")
        /// More than one answers to what was asked for.
        package static let ambiguous = Code("ambiguous")
        /// The manifest, or what it names, is not in the archive.
        package static let missing = Code("missing")
        /// Bytes that are not those that the configuration names by their digest.
        package static let wrongDigest = Code("wrong-digest")
        /// A file that cannot stand in a layer: its path, its mode, or another in the same place.
        package static let badEntry = Code("bad-entry")
        /// No name and tag that an engine takes.
        package static let badReference = Code("bad-reference")
        /// The archive to be shipped cannot be written: no room, no such folder.
        package static let unwritable = Code("unwritable")
    }

    /// What kind of failure it is.
    package let code: Code
    /// What happened, for people.
    package let message: String
    package let file: String
    package let line: Int

    package init(_ code: Code, _ message: String, file: String = #fileID, line: Int = #line) {
        (self.code, self.message, self.file, self.line) = (code, message, file, line)
    }

    init(_ code: Code, _ message: String, errno: Int32, file: String = #fileID, line: Int = #line) {
        let reason = unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "error \(errno)"
        self.init(code, "\(message): \(reason)", file: file, line: line)
    }

    package var description: String { "\(code): \(message)" }
}
