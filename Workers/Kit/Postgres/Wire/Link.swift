import CPostgres
import Glibc

/// Owns a libpq connection: non-blocking, with a poll loop of our own.
///
/// Writing waits for readability too, so that a pipeline larger than the socket buffers cannot deadlock with a server
/// that is itself blocked on sending its answers.
@safe struct Link: ~Copyable {
    /// What the next read gave.
    @safe enum Received {
        case result(OpaquePointer)
        /// The end of one statement's results.
        case end
        case lost(String)
    }

    let handle: OpaquePointer
    private let responseTimeout: Duration?
    private let isEncrypted: Bool
    private let lastWords = LastWords()

    /// Takes the handle over, and closes it in `deinit`.
    init(taking handle: OpaquePointer, responseTimeout: Duration?) {
        unsafe self.handle = handle
        self.responseTimeout = responseTimeout
        isEncrypted = unsafe PQsslInUse(handle) != 0
        unsafe lastWords.listen(to: handle)
        unsafe PQsetnonblocking(handle, 1)
    }

    deinit { unsafe PQfinish(handle) }

    /// Whether libpq takes the connection for open. It notices an end only when it reads or writes.
    var isOpen: Bool { unsafe PQstatus(handle) == CONNECTION_OK }

    /// Why the server ended the session, when it said so while nothing was under way.
    var dismissal: PostgresError? { lastWords.error }

    /// Whether the server answered a commit that none of its synchronous standbys had confirmed.
    var isUnreplicated: Bool { lastWords.isUnreplicated }

    /// libpq's last message, without the line break.
    var message: String {
        let text = unsafe PQerrorMessage(handle).map { unsafe String(cString: $0) } ?? ""
        return text.trimmed
    }

    /// Waits for the next result of what was sent, flushing meanwhile.
    func next() -> Received {
        var deadline = newDeadline
        while true {
            let flush = unsafe PQflush(handle)
            guard unsafe PQisBusy(handle) != 0 else { break }
            switch wait(forWriting: flush > 0, until: deadline) {
            case .ready(let isSocket): if isSocket { deadline = newDeadline }
            case .timedOut: return .lost("no answer from the server in \(responseTimeout ?? .zero)")
            case .failed(let reason): return .lost(reason)
            }
            if !read() {
                // What the server said last may still be in the buffer; without a socket, PQgetResult cannot block.
                guard !isOpen else { return .lost(message) }
                break
            }
        }
        guard let result = unsafe PQgetResult(handle) else { return .end }
        return unsafe .result(result)
    }

    /// Writes until libpq's buffer is empty, reading meanwhile. Nil when done, or why the connection is lost.
    func drain() -> String? {
        var deadline = newDeadline
        while true {
            switch unsafe PQflush(handle) {
            case 0: return nil
            case 1: break
            default: return message
            }
            switch wait(forWriting: true, until: deadline) {
            case .ready(let isSocket): if isSocket { deadline = newDeadline }
            case .timedOut: return "the server took nothing for \(responseTimeout ?? .zero)"
            case .failed(let reason): return reason
            }
            if !read() { return message }
        }
    }

    /// The server's silence counts from its last sign of life.
    private var newDeadline: ContinuousClock.Instant? { responseTimeout.map { .now + $0 } }

    /// Takes over what has arrived. False when the connection has ended.
    func read() -> Bool {
        guard unsafe PQconsumeInput(handle) != 0 else { return false }
        // OpenSSL may hold the second half of a record that poll(2) cannot see.
        return isEncrypted ? unsafe PQconsumeInput(handle) != 0 : true
    }

    /// Whether the peer has not closed the connection. Does not wait: reads what is there, because the end of the
    /// stream comes behind the server's reason for it.
    func isAlive() -> Bool {
        guard isOpen, dismissal == nil else { return false }
        while case .ready = poll(unsafe PQsocket(handle), Int16(POLLIN), timeout: .zero) {
            guard read(), isOpen else { return false }
            // Parses what was read, so that a dismissal is heard.
            _ = unsafe PQisBusy(handle)
            guard dismissal == nil else { return false }
        }
        return true
    }

    /// What waiting for a notification gave.
    enum Idle {
        case input
        case wakeupOrTimeout
        case failed(String)
    }

    /// Waits for the server to say something unasked.
    func waitForInput(or wakeup: Int32?, upTo timeout: Duration) -> Idle {
        let socket = unsafe PQsocket(handle)
        guard socket >= 0 else { return .failed(message) }
        switch poll(socket, Int16(POLLIN), or: wakeup, timeout: timeout) {
        case .ready(let isSocket): return isSocket ? .input : .wakeupOrTimeout
        case .timedOut: return .wakeupOrTimeout
        case .failed(let reason): return .failed(reason)
        }
    }

    /// Ends the conversation at once; what libpq reads next is the end of the stream.
    func shutDown() {
        let socket = unsafe PQsocket(handle)
        if socket >= 0 { Glibc.shutdown(socket, Int32(SHUT_RDWR)) }
    }

    private func wait(forWriting: Bool, until deadline: ContinuousClock.Instant?) -> Readiness {
        let socket = unsafe PQsocket(handle)
        guard socket >= 0 else { return .failed(message) }
        let events = Int16(POLLIN) | (forWriting ? Int16(POLLOUT) : 0)
        guard isEncrypted else { return poll(socket, events, timeout: deadline.map { $0 - .now }) }
        // See read(): a slice bounds the delay if a record was left behind all the same.
        let slice = Duration.milliseconds(50)
        switch poll(socket, events, timeout: min(slice, deadline.map { $0 - .now } ?? slice)) {
        case .timedOut: return deadline.map { $0 <= .now } ?? false ? .timedOut : .ready(isSocket: false)
        case let other: return other
        }
    }
}

/// What waiting for a socket gave.
enum Readiness {
    /// The first descriptor is ready, or only the other one.
    case ready(isSocket: Bool)
    case timedOut
    case failed(String)
}

/// Waits until one of the descriptors is ready. A nil timeout waits forever.
func poll(_ socket: Int32, _ events: Int16, or other: Int32? = nil, timeout: Duration?) -> Readiness {
    let deadline = timeout.map { ContinuousClock.now + $0 }
    var entries = [pollfd(fd: socket, events: events, revents: 0)]
    if let other { entries.append(pollfd(fd: other, events: Int16(POLLIN), revents: 0)) }
    while true {
        let left = deadline.map { ($0 - ContinuousClock.now).pollMilliseconds } ?? -1
        let count = unsafe Glibc.poll(&entries, nfds_t(entries.count), left)
        if count > 0 { return .ready(isSocket: entries[0].revents != 0) }
        if count == 0 { return .timedOut }
        guard errno == EINTR else { return .failed("poll: errno \(errno)") }
    }
}

extension Duration {
    /// Milliseconds for poll(2), rounded up so that a wait is never cut short, and never below zero (forever).
    fileprivate var pollMilliseconds: Int32 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < 1_000_000 else { return 1_000_000_000 }
        return Int32(seconds) * 1000 + Int32((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}

extension String {
    /// The text without white space at its end, and in one line: libpq breaks its messages.
    var trimmed: String {
        split(whereSeparator: \.isNewline).map { String($0.drop(while: \.isWhitespace)) }.joined(separator: "; ")
    }
}
