package import Runtime

/// Why the last push was not taken.
package struct LokiTrouble: Sendable {
    private let text: String
    private let until: Monotonic

    /// How much later than asked for the next push may come, as long as a command waits for it.
    private static let margin = Duration.seconds(120)

    /// - Parameter pause: how long Loki is left alone before the next push.
    package init(_ text: String, at now: Monotonic, pause: Duration) {
        self.text = text
        until = now + pause + Self.margin
    }

    /// What it was; `nil` when the push should have been made again and was not, because nothing waits for it.
    package func message(at now: Monotonic) -> String? { now < until ? text : nil }
}
