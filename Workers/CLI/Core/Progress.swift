/// How far something long has come, told on stderr once it takes longer than a second: a line that is drawn anew on a
/// terminal, else a line every ten seconds. Data on stdout is never touched.
struct Progress {
    /// Decides when to say something. No clock inside.
    struct Pace {
        private let isTerminal: Bool
        private var last: Duration?

        init(isTerminal: Bool) { self.isTerminal = isTerminal }

        /// Whether something is said, so long after the beginning.
        mutating func isDue(at elapsed: Duration) -> Bool {
            let first: Duration = isTerminal ? .seconds(1) : .seconds(10)
            let next = last.map { $0 + (isTerminal ? .milliseconds(200) : .seconds(10)) } ?? first
            guard elapsed >= next else { return false }
            last = elapsed
            return true
        }
    }

    private let what: String
    private let total: Int?
    private let began = ContinuousClock.now
    private let isTerminal: Bool
    private var pace: Pace
    private var isShown = false

    /// - Parameters:
    ///   - what: what is counted, such as `confirmed`.
    ///   - total: how many there will be, when that is known.
    init(_ what: String, of total: Int? = nil) {
        self.what = what
        self.total = total
        isTerminal = Terminal.isError
        pace = Pace(isTerminal: isTerminal)
    }

    /// Says how far it is, when it is time to. Cheap: call it for every step.
    mutating func update(_ done: Int? = nil) {
        let elapsed = ContinuousClock.now - began
        guard pace.isDue(at: elapsed) else { return }
        let text = Self.text(what, done, of: total, after: elapsed)
        if isTerminal {
            _ = File.send("\r\u{1B}[K\(text)", to: 2)
            isShown = true
        } else {
            note("ruche: \(text)")
        }
    }

    /// A message in between: the line that is drawn anew makes room for it.
    mutating func say(_ text: String) {
        end()
        note(text)
    }

    /// Takes the line away.
    mutating func end() {
        if isShown { _ = File.send("\r\u{1B}[K", to: 2) }
        isShown = false
    }

    /// `1200 of 10000 confirmed, 600/s, 14 s left`.
    static func text(_ what: String, _ done: Int?, of total: Int?, after elapsed: Duration) -> String {
        let seconds = max(1, Int(elapsed.components.seconds))
        guard let done else { return "\(what), \(seconds) s" }
        let rate = done / seconds
        var text = total.map { "\(done) of \($0) \(what)" } ?? "\(done) \(what)"
        text += ", \(rate)/s"
        if let total, rate > 0, total > done { text += ", \((total - done) / rate) s left" }
        return text
    }
}
