import AMQP
import HTTPClient
import Synchronization

/// Sends spans to a receiver of OTLP/HTTP, on a thread of its own.
///
/// **Guarantee.** Whoever hands spans over never waits for the receiver: what finds no room, or is not taken in a few
/// tries, is dropped and said so. Closing ends when it was asked to, and about a second later at most.
///
/// **Cost.** A lock for each batch of spans that is handed over. Nothing is encoded on the caller's thread.
package final class SpanExporter: Sendable {
    /// What became of spans.
    package enum Report: Sendable, Equatable {
        case exported(Int)
        case dropped(Int, Loss)
        /// The receiver does not take them now; said once, until it does.
        case away(String)
        case back
    }

    /// Why spans were dropped.
    package enum Loss: String, CaseIterable, Sendable {
        /// More came than the receiver takes, or while it was away.
        case full
        /// The receiver was away for too long.
        case away
        /// The receiver does not want them.
        case refused
    }

    private struct State {
        var waiting: [Span] = []
        /// Set when the process ends: everything is to be sent by then.
        var deadline: Monotonic?
    }

    private let settings: TraceSettings
    private let state = Monitor(State())
    private let report: @Sendable (Report) -> Void
    private let thread = Mutex<Thread?>(nil)

    /// Spans of one request, at most; so many are sent without waiting for more.
    private let most: Int
    /// Tries of one request, before its spans are dropped.
    private static let tries = 5
    /// The longest that a receiver is believed when it asks to be left alone.
    private static let patience = Duration.seconds(30)

    /// Connects to nothing yet.
    ///
    /// - Parameter report: told from any thread.
    package init(_ settings: TraceSettings, report: @escaping @Sendable (Report) -> Void) {
        self.settings = settings
        self.report = report
        most = min(512, settings.queueLimit)
    }

    /// Starts the thread.
    package func start() {
        let started = Thread.start(name: "spans") { [self] in run() }
        thread.withLock { $0 = started }
    }

    /// Takes as many spans as there is room for.
    package func submit(_ spans: [Span]) {
        guard !spans.isEmpty else { return }
        let (taken, isBatch) = state.withLock { state in
            let room = max(0, settings.queueLimit - state.waiting.count)
            state.waiting += spans.prefix(room)
            return (min(room, spans.count), state.waiting.count >= most)
        }
        if isBatch { state.signal() }
        if taken < spans.count { report(.dropped(spans.count - taken, .full)) }
    }

    /// Sends what waits, for so long, and ends the thread.
    package func close(within time: Duration) {
        state.withLock { $0.deadline = .now + time }
        state.broadcast()
        thread.withLock { $0.take() }?.join()
    }

    private func run() {
        var isAway = false
        var client: Client
        do throws(ClientError) { client = try Client(settings.options) } catch {
            report(.away("\(error)"))
            while let spans = next() { drop(spans, .away) }
            return
        }
        while let spans = next() {
            guard !spans.isEmpty else { continue }
            send(spans, &client, &isAway)
        }
    }

    /// The next spans, none when there are none for a while; `nil` when no more will come.
    private func next() -> [Span]? {
        let full = state.wait(upTo: settings.delay) { state -> [Span]? in
            state.deadline != nil || state.waiting.count >= most ? take(&state) : nil
        }
        let spans = full ?? state.withLock { take(&$0) }
        return spans.isEmpty && isClosing ? nil : spans
    }

    private func take(_ state: inout State) -> [Span] {
        let spans = Array(state.waiting.prefix(most))
        state.waiting.removeFirst(spans.count)
        return spans
    }

    private var isClosing: Bool { state.withLock { $0.deadline != nil } }

    /// What is left of the time, once the process ends.
    private var timeLeft: Duration? { state.withLock { $0.deadline.map { $0 - .now } } }

    private func send(_ spans: [Span], _ client: inout Client, _ isAway: inout Bool) {
        let request = request(of: spans)
        var backoff = Backoff(base: .seconds(1), limit: .seconds(10))
        for attempt in 1...Self.tries {
            let left = timeLeft
            if let left, left <= .milliseconds(10) { break }
            let answer = SpanAnswer(&client, request, within: left.map { min($0, settings.options.timeout) })
            note(answer, &isAway)
            switch answer {
            case .taken(let rejected):
                let lost = min(rejected, spans.count)
                if lost > 0 { report(.dropped(lost, .refused)) }
                return report(.exported(spans.count - lost))
            case .refused: return drop(spans, .refused)
            case .away(_, let retryAfter):
                // At the end each request has one try.
                if attempt == Self.tries || isClosing { return drop(spans, .away) }
                rest(max(backoff.failed(random: .random(in: 0..<1)), min(retryAfter ?? .zero, Self.patience)))
            }
        }
        drop(spans, .away)
    }

    /// Says when the receiver stops taking spans, and when it takes them again.
    private func note(_ answer: SpanAnswer, _ isAway: inout Bool) {
        switch answer {
        case .taken:
            if isAway { report(.back) }
            isAway = false
        case .refused(let message), .away(let message, _):
            if !isAway { report(.away(message)) }
            isAway = true
        }
    }

    private func request(of spans: [Span]) -> ClientRequest {
        var request = ClientRequest(
            "POST", settings.url, headers: settings.headers + [("Content-Type", "application/json")],
            body: SpanBody.encode(spans, of: settings.resource))
        if settings.isCompressed, let compressed = Gzip.compress(request.body) {
            request.body = compressed
            request.headers.append(("Content-Encoding", "gzip"))
        }
        request.isCancelled = { [self] in timeLeft.map { $0 <= .zero } ?? false }
        return request
    }

    /// Waits, until the process is to end at longest.
    private func rest(_ pause: Duration) {
        _ = state.wait(upTo: pause) { $0.deadline == nil ? nil : true }
    }

    private func drop(_ spans: [Span], _ loss: Loss) {
        if !spans.isEmpty { report(.dropped(spans.count, loss)) }
    }
}
