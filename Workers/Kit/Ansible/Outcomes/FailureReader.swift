/// Finds out why a task failed from what was said.
///
/// The words are those of OpenSSH, sudo, dpkg and apt in English, and of ansible-core 2.14.
struct FailureReader: Sendable {
    /// What the failure of a task means by its name, whatever it says: checks of the playbook.
    let checks: [String: HostFailure.Reason]

    /// The failure of a result that is `failed` or `unreachable`.
    ///
    /// - Parameters:
    ///   - usesPassword: whether the host is logged on to with a password.
    ///   - hasAnswered: whether the host has come through a task before.
    func failure(of result: TaskResult, usesPassword: Bool, hasAnswered: Bool) -> HostFailure {
        let reason =
            result.status == .unreachable
            ? unreachable(result, usesPassword, hasAnswered) : failed(result)
        return HostFailure(reason, task: result.task, message: result.summary)
    }

    private func unreachable(
        _ result: TaskResult, _ usesPassword: Bool, _ hasAnswered: Bool
    ) -> HostFailure.Reason {
        let words = [result.message, result.errors].joined(separator: "\n")
        for (phrase, reason) in Self.connecting where words.contains(phrase) { return reason }
        if words.contains("Permission denied") { return usesPassword ? .wrongPassword : .keyRefused }
        if hasAnswered { return .hung }
        for (phrase, reason) in Self.breaking where words.contains(phrase) { return reason }
        return .unreachable
    }

    private static let connecting: [(String, HostFailure.Reason)] = [
        ("REMOTE HOST IDENTIFICATION HAS CHANGED", .hostKeyChanged),
        ("Host key verification failed", .hostKeyChanged),
        ("no matching host key type found", .hostKeyChanged),
        ("username contains invalid characters", .badLogin),
        ("Invalid/incorrect password", .wrongPassword),
        ("Permission denied, please try again", .wrongPassword),
        ("Too many authentication failures", .keyRefused),
        ("Could not resolve hostname", .unreachableName),
        ("No route to host", .unreachableNoRoute),
        ("Network is unreachable", .unreachableNoRoute),
        ("Connection refused", .unreachableRefused),
        ("Data could not be sent to remote host", .hung),
        ("Connection timed out", .unreachableTimeout),
        ("Operation timed out", .unreachableTimeout),
    ]

    private static let breaking: [(String, HostFailure.Reason)] = [
        ("Connection reset by", .unreachableRefused),
        ("Connection closed by", .unreachableRefused),
        ("kex_exchange_identification", .unreachableRefused),
        ("timed out", .unreachableTimeout),
    ]

    private func failed(_ result: TaskResult) -> HostFailure.Reason {
        if let reason = checks[result.task] ?? checks[Self.withoutRole(result.task)] { return reason }
        let words = [result.message, result.errors, result.output].joined(separator: "\n")
        return Self.failing.first { words.contains($0.0) }?.1 ?? .taskFailed
    }

    private static let failing: [(String, HostFailure.Reason)] = [
        ("Missing sudo password", .sudoMissingPassword),
        ("sudo: a password is required", .sudoMissingPassword),
        ("sudo: a terminal is required", .sudoMissingPassword),
        ("Incorrect sudo password", .sudoIncorrectPassword),
        ("incorrect password attempt", .sudoIncorrectPassword),
        ("is not in the sudoers file", .sudoNotAllowed),
        ("may not run sudo on", .sudoNotAllowed),
        ("is not allowed to execute", .sudoNotAllowed),
        ("waiting for privilege escalation prompt", .hung),
        ("No space left on device", .diskFull),
        ("have enough free space in", .diskFull),
        ("Disk quota exceeded", .diskFull),
        ("E: Failed to fetch", .packagesUnreachable),
        ("E: Unable to fetch some archives", .packagesUnreachable),
        ("Some index files failed to download", .packagesUnreachable),
        ("Failed to update apt cache", .packagesUnreachable),
    ]

    /// `role : task` → `task`.
    private static func withoutRole(_ task: String) -> String {
        guard let range = task.firstRange(of: " : ") else { return task }
        return String(task[range.upperBound...])
    }
}
