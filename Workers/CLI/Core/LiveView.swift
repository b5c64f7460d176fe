import Contracts

/// Something that is drawn on the whole terminal again and again, until it is over, `q` or a signal.
///
/// A server that goes away does not end it: what was seen last stays, the first line says what is away and since when,
/// and the next look that succeeds takes that line away.
struct LiveView<Seen> {
    /// How often it looks.
    let every: Duration
    let output: Output
    /// Looks. The error of the first look is thrown.
    let look: () throws -> Seen
    /// The lines to draw, for an output that fits the terminal of this moment.
    let page: (Seen, Output) -> [String]
    /// Done ten times a second; an error makes it look again.
    var idle: () throws -> Void = {}
    /// Whether there is nothing more to see.
    var isOver: (Seen) -> Bool = { _ in false }

    private enum Step {
        case look, leave
        case lost(any Error)
    }

    /// Draws until it is over or somebody leaves. Returns what was seen last. A signal is thrown as its exit code.
    @discardableResult
    func run() throws -> Seen {
        let interrupt = Interrupt()
        let screen = try Screen()
        var outage = Outage()
        var seen = try look()
        while !isOver(seen) {
            switch try wait(screen, interrupt, seen, outage) {
            case .leave: return seen
            case .lost(let error): _ = try outage.begin(error)
            case .look:
                do {
                    seen = try look()
                    _ = outage.end()
                } catch { _ = try outage.begin(error) }
            }
        }
        return seen
    }

    /// Draws, and waits for what comes first: the time to look again, a key, a signal, another size of the terminal.
    private func wait(
        _ screen: borrowing Screen, _ interrupt: borrowing Interrupt, _ seen: Seen, _ outage: Outage
    ) throws -> Step {
        var size = Terminal.size
        screen.draw(lines(seen, outage))
        let end = ContinuousClock.now + (outage.since == nil ? every : min(every, .seconds(1)))
        repeat {
            if let code = interrupt.requested() { throw Failure(code, lines: []) }
            let key = screen.key(within: 100)
            if key == UInt8(ascii: "q") || key == UInt8(ascii: "Q") { return .leave }
            do { try idle() } catch { return .lost(error) }
            let now = Terminal.size
            if now?.columns != size?.columns || now?.rows != size?.rows {
                size = now
                screen.draw(lines(seen, outage))
            }
        } while ContinuousClock.now < end
        return .look
    }

    /// The page between the line about an outage and the last line, which is always there.
    private func lines(_ seen: Seen, _ outage: Outage) -> [String] {
        let output = output.fitted(to: Terminal.size?.columns)
        var lines = page(seen, output)
        if let reason = outage.reason, let since = outage.since {
            let text = output.cut("away since \(since.rfc3339): \(TextWidth.harmless(reason))")
            lines.insert(output.painted("away", in: "state") + text.dropFirst(4), at: 0)
        }
        let room = max(1, (Terminal.size?.rows ?? 24) - 2)
        let hidden = lines.count - room
        let last = hidden > 0 ? "q leaves; \(hidden) lines do not fit" : "q leaves"
        return lines.prefix(room) + ["", output.cut(last)]
    }
}
