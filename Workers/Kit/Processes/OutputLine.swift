/// One line that a program wrote.
package struct OutputLine: Sendable, Equatable {
    /// Where it was written to.
    package enum Stream: Sendable {
        /// The standard output.
        case output
        /// The standard error.
        case errors
    }

    /// Where it was written to.
    package let stream: Stream
    /// The line without its end, read as UTF-8; what is none becomes U+FFFD.
    package let text: String
    /// Whether it was longer than a line may be, and the rest was dropped.
    package let isCut: Bool

    package init(_ stream: Stream, _ text: String, isCut: Bool = false) {
        self.stream = stream
        self.text = text
        self.isCut = isCut
    }
}

/// Makes lines of what is read, and never keeps more of one than its limit.
struct LineSplitter {
    private let stream: OutputLine.Stream
    private let limit: Int
    private var partial: [UInt8] = []
    private var isCut = false

    init(_ stream: OutputLine.Stream, limit: Int) {
        (self.stream, self.limit) = (stream, limit)
    }

    /// The lines that end in these bytes.
    mutating func take(_ bytes: ArraySlice<UInt8>) -> [OutputLine] {
        var lines: [OutputLine] = []
        var rest = bytes
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            append(rest[..<end])
            lines.append(finish())
            rest = rest[(end + 1)...]
        }
        append(rest)
        return lines
    }

    /// The last line, if it has no end.
    mutating func takeRest() -> OutputLine? { partial.isEmpty && !isCut ? nil : finish() }

    private mutating func append(_ bytes: ArraySlice<UInt8>) {
        let room = limit - partial.count
        if bytes.count > room { isCut = true }
        partial += bytes.prefix(room)
    }

    private mutating func finish() -> OutputLine {
        defer { (partial, isCut) = ([], false) }
        return OutputLine(stream, String(decoding: partial, as: UTF8.self), isCut: isCut)
    }
}

/// The last lines of a program: few of them, and not much memory.
struct OutputTail {
    static let maximumCount = 50
    static let maximumBytes = 65_536
    private(set) var lines: [OutputLine] = []
    private var bytes = 0

    mutating func append(_ line: OutputLine) {
        lines.append(line)
        bytes += line.text.utf8.count
        while lines.count > Self.maximumCount || bytes > Self.maximumBytes && lines.count > 1 {
            bytes -= lines.removeFirst().text.utf8.count
        }
    }
}
