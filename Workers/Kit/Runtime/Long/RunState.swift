import Contracts

/// Whether a run may go on, as its holder knows it. Pure.
struct RunState {
    /// Why it may not, the weightier last.
    enum Cause: Comparable, Sendable {
        /// The process is to stop: it may go on to its next checkpoint, until `isOver`.
        case yield(isOver: Bool)
        /// Its end is asked for, with this reason.
        case cancelled(String)
        /// It takes too long.
        case timedOut
        /// Its lease may be over: the database was not heard in time. It may still be this process's own.
        case silent
        /// It is somebody else's.
        case lost

        private var weight: Int {
            switch self {
            case .yield(let isOver): isOver ? 1 : 0
            case .cancelled: 2
            case .timedOut: 3
            case .silent: 4
            case .lost: 5
            }
        }

        static func < (one: Cause, other: Cause) -> Bool { one.weight < other.weight }
    }

    private(set) var cause: Cause?
    /// Until when the lease holds, less the margin that is left for stopping.
    private(set) var validUntil: Monotonic
    /// When the handler has had its time.
    let endsBy: Monotonic
    private let lease: Duration
    /// When the handler was last told to end.
    private(set) var toldAt: Monotonic?

    init(since: Monotonic, lease: Duration, timeout: Duration) {
        self.lease = lease
        validUntil = since + Self.valid(lease)
        endsBy = .now + timeout
    }

    /// The part of a lease that may be used: what is left is for the handler to stop, and its children to die.
    static func valid(_ lease: Duration) -> Duration { lease * 5 / 6 }

    /// The lease was renewed by a request that was sent then.
    mutating func renewed(_ sentAt: Monotonic) { validUntil = max(validUntil, sentAt + Self.valid(lease)) }

    /// Asks the run to end. Returns whether its task is to be cancelled now.
    mutating func ask(_ cause: Cause, now: Monotonic = .now) -> Bool {
        if let known = self.cause, known >= cause { return false }
        self.cause = cause
        if cause == .yield(isOver: false) { return false }
        toldAt = now
        return true
    }

    /// Looks at the clock. Returns whether the task is to be cancelled now.
    mutating func look(_ now: Monotonic) -> Bool {
        if now >= validUntil { return ask(.silent, now: now) }
        if now >= endsBy { return ask(.timedOut, now: now) }
        return false
    }

    /// What the methods of the run throw; `nil` while it may go on.
    ///
    /// - Parameter isResting: whether everything done so far is kept, so that another may go on.
    func rejection(isResting: Bool) -> Rejection? {
        switch cause {
        case nil: nil
        case .yield(let isOver): isOver || isResting ? .yielding : nil
        case .cancelled(let reason): .cancelled(reason)
        case .timedOut: .transient("timed-out", "It ran longer than it may.")
        case .silent: .yielding
        case .lost: .lostRun
        }
    }

    /// What becomes of the run when its handler has ended.
    enum Verdict: Equatable {
        /// It gets this ending, if it still is this process's own.
        case close
        /// It gets the ending of this rejection.
        case reject
        /// It goes on elsewhere.
        case handBack
        /// Nothing: somebody else has it.
        case drop
    }

    /// Judges a handler that has ended.
    ///
    /// - Parameter rejection: what it threw; `nil` when it came to its end.
    func verdict(on rejection: Rejection?) -> Verdict {
        if cause == .lost { return .drop }
        guard let rejection else { return .close }
        switch cause {
        case .silent, .yield(isOver: true): return .handBack
        case .lost: return .drop
        case nil, .yield, .cancelled, .timedOut:
            return rejection.consequence == .yield ? .handBack : .reject
        }
    }

    /// What a handler that threw `rejection` is said to have ended with: whatever it threw when it was told to end, it
    /// threw because it was told.
    func ending(of rejection: Rejection) -> Rejection {
        switch cause {
        case .cancelled, .timedOut: self.rejection(isResting: true) ?? rejection
        default:
            // It has no transaction that could be admitted again.
            rejection.consequence == .again
                ? Rejection(.postpone, rejection.reason, until: rejection.pause.map { .now + $0 }) : rejection
        }
    }
}

extension Rejection {
    /// The run goes on elsewhere.
    static let yielding = Rejection(
        .yield, Reason(reason: "handed-over", message: "This process is to stop, or has not heard the database."))
    /// The run is somebody else's.
    static let lostRun = Rejection(
        .yield, Reason(reason: "run-lost", message: "Another process has taken the run over."))

    /// The end of a run was asked for.
    static func cancelled(_ reason: String) -> Rejection {
        Rejection(.cancel, Reason(reason: "cancelled", message: reason))
    }

    /// Whether it says that the run is somebody else's.
    var isLostRun: Bool { consequence == .yield && reason.reason == Rejection.lostRun.reason.reason }
}
