/// How fast commands go out again: how many at once, and when the next. Pure.
struct ReplayPace {
    /// Commands a second; `nil` as fast as it goes.
    let rate: Int?

    /// Commands in one transaction: a tenth of a second's worth, so that what was asked for a second is even within it.
    var batch: Int { rate.map { min(200, max(1, $0 / 10)) } ?? 200 }

    /// When the next batch is due, from the beginning, after so many commands.
    func due(after count: Int) -> Duration {
        guard let rate else { return .zero }
        return .microseconds(Int64(count) * 1_000_000 / Int64(rate))
    }

    /// Reads `500` or `500/s`.
    static func rate(_ text: String) throws(Failure) -> Int {
        let digits = text.hasSuffix("/s") ? String(text.dropLast(2)) : text
        guard let rate = Int(digits), (1...1_000_000).contains(rate) else {
            throw Failure(.usage, "--rate takes commands a second such as 500/s, not `\(text)`")
        }
        return rate
    }
}
