import HTTPClient
import Runtime

/// The connection to Loki, and how long to leave it alone.
struct LokiLink: ~Copyable {
    private var client: Client
    private let settings: LokiSettings
    private var deadline = Monotonic.now
    private var failures = 0
    private var notBefore = Monotonic.now

    /// The longest that a server is believed when it asks to be left alone.
    private static let patience = Duration.seconds(300)
    private static let backoff = RetryPolicy(attempts: .max, base: .milliseconds(200), cap: .seconds(15))

    init(_ settings: LokiSettings) throws(ClientError) {
        client = try Client(settings.options)
        self.settings = settings
    }

    /// How long Loki is to be left alone from now on.
    var rest: Duration? {
        let left = notBefore - .now
        return left > .zero ? left : nil
    }

    /// All pushes from now on end within `time`.
    mutating func begin(within time: Duration) { deadline = .now + time }

    /// Notes a failure. Returns how long to leave Loki alone.
    mutating func fail(_ retryAfter: Duration?) -> Duration {
        failures += 1
        let own = Self.backoff.delay(after: failures, random: .random(in: 0.5..<1))
        let pause = max(own, min(retryAfter ?? .zero, Self.patience))
        notBefore = .now + pause
        return pause
    }

    /// Loki answers again.
    mutating func recovered() { failures = 0 }

    /// Makes one push.
    mutating func send(_ body: [UInt8], _ tenant: String?) -> LokiAnswer {
        let left = deadline - .now
        guard left > .milliseconds(10) else {
            return .away(code: "loki-unavailable", message: "Loki is slow.", retryAfter: nil)
        }
        var request = ClientRequest(
            "POST", settings.url, headers: [("Content-Type", "application/json")], credentials: settings.credentials,
            body: body, timeout: left)
        if let compressed = Gzip.compress(body) {
            request.body = compressed
            request.headers.append(("Content-Encoding", "gzip"))
        }
        if let tenant { request.headers.append(("X-Scope-OrgID", tenant)) }
        do throws(ClientError) { return LokiAnswer(try client.send(request)) } catch { return LokiAnswer(error) }
    }
}
