/// Gathers one answer while the library reads it.
final class Receiver {
    private(set) var headers: [(name: String, value: String)] = []
    private(set) var body: [UInt8] = []
    /// Whether more came than was allowed.
    private(set) var isOverfull = false
    /// Whether the empty line after the head has come, and the head was no interim one.
    var isHeadWhole: Bool { isHeadEnded && !isInterim }
    private var isHeadEnded = false
    private var isInterim = false
    private var headBytes = 0
    private let limit: Int
    /// Whether to give the request up.
    let isCancelled: (@Sendable () -> Bool)?
    private static let headLimit = 65_536

    init(limit: Int, isCancelled: (@Sendable () -> Bool)? = nil) {
        self.limit = limit
        self.isCancelled = isCancelled
    }

    /// Takes one line of the head. Returns whether to go on.
    func receiveHead(_ line: UnsafeRawBufferPointer) -> Bool {
        headBytes += line.count
        guard headBytes <= Self.headLimit else {
            isOverfull = true
            return false
        }
        let text = unsafe String(decoding: line, as: UTF8.self)
        if text == "\r\n" || text == "\n" {
            isHeadEnded = true
        } else if text.hasPrefix("HTTP/") {
            // The head of an interim answer (100 Continue) is followed by another one.
            headers = []
            isHeadEnded = false
            isInterim = text.split(separator: " ").dropFirst().first?.hasPrefix("1") == true
        }
        // What comes after a chunked body is no part of the head.
        guard !isHeadEnded else { return true }
        let parts = text.split(separator: ":", maxSplits: 1)
        guard parts.count == 2 else { return true }
        headers.append((Self.trimmed(parts[0]), Self.trimmed(parts[1])))
        return true
    }

    /// Takes a piece of the body. Returns whether to go on.
    func receiveBody(_ piece: UnsafeRawBufferPointer) -> Bool {
        guard body.count + piece.count <= limit else {
            isOverfull = true
            return false
        }
        unsafe body.append(contentsOf: piece)
        return true
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text.drop { $0.isWhitespace })
    }
}
