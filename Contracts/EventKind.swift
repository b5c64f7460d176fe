/// What an event says about a command: how it ended, or that something happened on the way.
public enum EventKind: String, Sendable, CaseIterable, CustomStringConvertible {
    /// It ended: ``Outcome/succeeded``.
    case succeeded
    /// It ended: ``Outcome/refused``.
    case refused
    /// It ended: ``Outcome/failed``.
    case failed
    /// It ended: ``Outcome/dead``.
    case dead
    /// It ended: ``Outcome/cancelled``.
    case cancelled
    /// A long command got further.
    case progressed
    /// An attempt failed and another is scheduled.
    case retrying
    /// It waits for a worker that knows it, or for a person.
    case parked

    /// The word used in routing keys and event types.
    public var description: String { rawValue }

    /// The outcome that this kind announces; nothing for what happens along the way.
    public var outcome: Outcome? { Outcome(rawValue: rawValue) }

    /// Whether nothing more will happen to the command.
    public var isFinal: Bool { outcome != nil }
}
