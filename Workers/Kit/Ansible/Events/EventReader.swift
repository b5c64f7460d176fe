import Contracts

/// Reads what ansible writes with the callback `ansible.posix.jsonl`, line by line.
///
/// No line is an error: what cannot be read becomes a note. Texts of events are redacted, then cut.
package struct EventReader: Sendable {
    /// How many bytes of a text are kept.
    static let textLimit = 8192
    private let redaction: Redaction

    /// - Parameter redaction: what must not be in any text.
    package init(redaction: Redaction = Redaction()) { self.redaction = redaction }

    /// The event of a line; `nil` for an empty line, and for events that say nothing new.
    ///
    /// - Parameter isCut: whether the line is only the beginning of one.
    package func read(_ line: String, isCut: Bool = false) -> PlayEvent? {
        let body = line.trimmed
        if body.isEmpty { return nil }
        guard !isCut, body.hasPrefix("{"), let document = try? JSONTree(parsing: Array(body.utf8), repairingText: true),
            let kind = document["_event"]?.text
        else { return .note(text(body)) }
        switch kind {
        case "v2_playbook_on_play_start": return .playStarted(name: name(document["play"]))
        case "v2_playbook_on_task_start", "v2_playbook_on_handler_task_start", "v2_runner_on_start":
            return .taskStarted(name: name(document["task"]))
        case "v2_runner_on_ok": return result(.ok, document)
        case "v2_runner_on_skipped": return result(.skipped, document)
        case "v2_runner_on_failed": return result(.failed, document)
        case "v2_runner_on_unreachable": return result(.unreachable, document)
        case "v2_playbook_on_stats": return statistics(document["stats"])
        default: return nil
        }
    }

    /// A line of ansible's errors: warnings, and what kept it from beginning.
    package func note(_ line: String) -> PlayEvent? {
        let body = line.trimmed
        return body.isEmpty ? nil : .note(text(body))
    }

    private func result(_ status: TaskResult.Status, _ document: JSONTree) -> PlayEvent {
        guard let hosts = document["hosts"], let host = hosts.names.first, hosts.names.count == 1 else {
            return .note("a result without a host")
        }
        let result = hosts[host]
        var status = status
        if status == .ok, case .raw(let bytes)? = result?["changed"], bytes == Array("true".utf8) { status = .changed }
        return .result(
            TaskResult(
                host: host, task: name(document["task"]), status: status,
                message: text(result?["msg"]?.text ?? messages(result)),
                errors: tail(result?["stderr"] ?? result?["module_stderr"]),
                output: tail(result?["stdout"] ?? result?["module_stdout"])))
    }

    /// What the failed items of a loop say, or an element of a message that is a list.
    private func messages(_ result: JSONTree?) -> String {
        (result?["msg"]?.elements ?? []).compactMap(\.text).joined(separator: " ")
    }

    private func statistics(_ document: JSONTree?) -> PlayEvent {
        guard let document else { return .note("statistics without hosts") }
        var all: [String: HostStatistics] = [:]
        for host in document.names {
            let counts = document[host]
            func count(_ name: String) -> Int { max(0, counts?[name]?.number ?? 0) }
            all[host] = HostStatistics(
                ok: count("ok"), changed: count("changed"), failures: count("failures"), ignored: count("ignored"),
                unreachable: count("unreachable"))
        }
        return .statistics(all)
    }

    private func name(_ document: JSONTree?) -> String { text(document?["name"]?.text ?? "").beginning(256) }

    private func text(_ text: String) -> String { redaction.redact(text).beginning(Self.textLimit) }

    private func tail(_ document: JSONTree?) -> String {
        redaction.redact(document?.text ?? "").ending(Self.textLimit)
    }
}
