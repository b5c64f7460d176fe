import Contracts

/// How one server or shop of a run stands. Pure.
struct RunPlace: Hashable {
    let name: String
    /// How many steps have ended there.
    private(set) var steps = 0
    /// The last one, and since when.
    private(set) var step = ""
    private(set) var since: Timestamp?
    /// Why it failed.
    private(set) var text = ""
    /// What the run says of it, if it does, and what its lines say.
    private var said: PlaceProgress.State?
    private var seen = PlaceProgress.State.waiting

    init(name: String) { self.name = name }

    /// Takes note of its next line.
    mutating func take(_ line: FoundRunLine) {
        (step, since, text) = (line.step, line.at, "")
        if line.state != "started" { steps += 1 }
        switch line.state {
        case "failed", "unreachable": (seen, text) = (.failed, line.text)
        default: seen = .running
        }
    }

    /// Takes note of what the run says of it.
    mutating func take(_ progress: PlaceProgress) {
        said = progress.state
        if let task = progress.task, step.isEmpty { step = task }
        if let text = progress.text, !text.isEmpty { self.text = text }
    }

    /// How it stands, when the run has ended so, or goes on: where one that goes on is at work, one that has ended
    /// is done, or was stopped.
    func state(after outcome: Outcome?) -> String {
        let state = now
        guard let outcome, state == .running else { return state.rawValue }
        return outcome == .succeeded ? PlaceProgress.State.done.rawValue : "stopped"
    }

    private var now: PlaceProgress.State {
        if let said, said == .done || said == .failed { return said }
        return seen == .waiting ? said ?? .waiting : seen
    }
}
