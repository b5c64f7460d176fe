import Ansible
import Runtime

/// Makes lines of a run's log from what ansible says. Pure.
struct EventLines {
    /// What people call the places, by their names in the inventory.
    let places: [String: String]
    /// The tasks that have begun.
    private var begun: Set<String> = []

    init(places: [String: String]) { self.places = places }

    /// The lines of an event. That a task begins is said once, not for each host that comes to it.
    mutating func take(_ event: PlayEvent) -> [RunLine] {
        switch event {
        case .playStarted(let name):
            begun = []
            return [RunLine(.started, step: name.isEmpty ? "play" : name)]
        case .taskStarted(let name):
            return name.isEmpty || !begun.insert(name).inserted ? [] : [RunLine(.started, step: name)]
        case .result(let result):
            return [
                RunLine(state(result.status), step: result.task, at: place(result.host), text: Self.text(result))
            ]
        case .statistics(let all):
            return all.sorted { $0.key < $1.key }.map { host, counts in
                RunLine(
                    .note, step: "statistics", at: place(host),
                    text: "ok=\(counts.ok) changed=\(counts.changed) failures=\(counts.failures) "
                        + "ignored=\(counts.ignored) unreachable=\(counts.unreachable)")
            }
        case .note(let text): return [RunLine(.note, step: "ansible", text: text)]
        }
    }

    private func place(_ host: String) -> String { places[host] ?? host }

    private func state(_ status: TaskResult.Status) -> RunLine.State {
        switch status {
        case .ok: .ok
        case .changed: .changed
        case .skipped: .skipped
        case .failed: .failed
        case .unreachable: .unreachable
        }
    }

    private static func text(_ result: TaskResult) -> String {
        [result.message, result.errors, result.output].filter { !$0.isEmpty }.joined(separator: "\n")
    }
}
