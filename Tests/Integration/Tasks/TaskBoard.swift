import Contracts
import Foundation
import TestSupport

/// What the events have told about tasks so far, for many threads: the answers to commands, the version of each task.
final class TaskBoard: @unchecked Sendable {
    // Everything is touched under the condition's lock only.
    private let condition = NSCondition()
    private var answers: [String: CompletionEvent] = [:]
    private var versions: [UniqueID: Int] = [:]
    private var edits: [UniqueID: [TaskRecord]] = [:]
    private var expiries: [UniqueID: Set<CompletionEvent>] = [:]
    private var contradictions: [String] = []

    /// Writes down what an event says.
    func note(_ event: CompletionEvent) {
        guard event.kind.isFinal else { return }
        condition.lock()
        defer {
            condition.broadcast()
            condition.unlock()
        }
        if let known = answers.updateValue(event, forKey: event.subject) {
            if known.kind != event.kind || known.data != event.data { contradictions.append(event.subject) }
            return
        }
        if event.command == ExpireTask.name, let expired = try? event.decode(TaskExpired.self), expired.expired {
            expiries[expired.taskId, default: []].insert(event)
        } else if event.kind == .succeeded, let record = try? event.decode(TaskRecord.self) {
            edits[record.taskId, default: []].append(record)
            versions[record.taskId] = max(versions[record.taskId] ?? 0, record.version)
        }
    }

    /// Waits for the answer to a command.
    func answer(to id: String) -> CompletionEvent? {
        condition.lock()
        defer { condition.unlock() }
        let deadline = Date.now.addingTimeInterval(60)
        while answers[id] == nil {
            guard condition.wait(until: deadline) else { return nil }
        }
        return answers[id]
    }

    /// How many commands were answered.
    var count: Int { read { answers.count } }
    /// Commands that were answered in two ways.
    var twoFaced: [String] { read { contradictions } }
    /// Each task that expired, with the events that say so.
    var expired: [UniqueID: Set<CompletionEvent>] { read { expiries } }
    /// The states that a task went through, in the order of its versions.
    func history(of task: UniqueID) -> [TaskRecord] { read { edits[task] ?? [] }.sorted { $0.version < $1.version } }
    /// The latest version of a task that anybody has been told of.
    func version(of task: UniqueID) -> Int { read { versions[task] ?? 1 } }
    /// How many commands were refused for this reason.
    func refusals(_ reason: String) -> Int {
        read { answers.values.count { $0.kind == .refused && (try? $0.decode(Reason.self))?.reason == reason } }
    }

    private func read<R>(_ body: () -> R) -> R {
        condition.lock()
        defer { condition.unlock() }
        return body()
    }
}
