import Glibc

/// Reads a file or stdin line by line in constant memory.
struct LineReader: ~Copyable {
    /// Longer lines are handed out cut to this, so that they are refused and not kept.
    static let longest = 2 * 1_048_576

    /// The number of the last line handed out, from 1.
    private(set) var number = 0
    private let path: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var head = 0
    private var isAtEnd = false

    /// Opens a file; `-` is stdin.
    init(_ path: String) throws(Failure) {
        self.path = path
        descriptor = path == "-" ? 0 : unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Failure(.notFound, "\(path): \(File.lastError)")
        }
    }

    deinit { if descriptor > 0 { close(descriptor) } }

    /// What comes next.
    enum Step {
        /// A line without its end; empty lines too.
        case line([UInt8])
        /// Nothing came for a while: a pipe that its writer keeps open.
        case pause
        case end
    }

    /// The next line. Waits at most 200 ms, so that its caller can look after signals and confirms.
    mutating func next() throws(Failure) -> Step {
        var searched = head
        while true {
            if let end = buffer[searched...].firstIndex(of: 0x0A) { return .line(take(to: end, skipping: 1)) }
            if isAtEnd { return head == buffer.count ? .end : .line(take(to: buffer.count, skipping: 0)) }
            searched = buffer.count
            var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&wait, 1, 200) > 0 else { return .pause }
            let shift = head
            try fill()
            searched -= shift
        }
    }

    private mutating func take(to end: Int, skipping count: Int) -> [UInt8] {
        var line = buffer[head..<end].prefix(Self.longest)
        head = end + count
        number += 1
        if line.last == 0x0D { line.removeLast() }
        if number == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        return Array(line)
    }

    private mutating func fill() throws(Failure) {
        if head > 0 {
            buffer.removeFirst(head)
            head = 0
        }
        let filled = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: 65_536))
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress! + filled, 65_536) }
        guard count >= 0 || errno == EINTR else { throw Failure(.failure, "\(path): cannot be read") }
        buffer.removeLast(65_536 - max(0, count))
        isAtEnd = count == 0
        // A line without an end must not take all memory: its middle is forgotten, what is left is too long as well.
        if buffer.count > 2 * Self.longest, !buffer.contains(0x0A) {
            buffer.removeSubrange(Self.longest + 1..<buffer.count - 1)
        }
    }
}
