/// How a command ended. Every command that was accepted gets exactly one.
public enum Outcome: String, Sendable, CaseIterable, CustomStringConvertible {
    /// The effect happened, exactly once.
    case succeeded
    /// The rules of the business said no; there is no effect, and repeating the same command is of no use.
    case refused
    /// The message itself was at fault; there is no effect.
    case failed
    /// All attempts were used up. The command is kept and can be replayed under its own identity.
    case dead
    /// Someone cancelled it in time.
    case cancelled

    /// The word used in routing keys and event types.
    public var description: String { rawValue }

    /// The kind of the event that announces this outcome.
    public var eventKind: EventKind {
        switch self {
        case .succeeded: .succeeded
        case .refused: .refused
        case .failed: .failed
        case .dead: .dead
        case .cancelled: .cancelled
        }
    }
}
