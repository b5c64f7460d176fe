/// What ansible says while a playbook runs.
package enum PlayEvent: Sendable, Equatable {
    /// A play begins.
    case playStarted(name: String)
    /// A task begins, once for each host where hosts do not wait for each other; it is not said for which.
    case taskStarted(name: String)
    /// A host is through with a task.
    case result(TaskResult)
    /// The playbook is over: how each host fared.
    case statistics([String: HostStatistics])
    /// Something else: a warning, an error of ansible itself, a line that cannot be read.
    case note(String)
}

/// What came of a task on a host. Texts are bounded, and redacted.
package struct TaskResult: Sendable, Equatable {
    /// How it went.
    package enum Status: String, Sendable {
        /// All was as it should be.
        case ok
        /// Something was changed.
        case changed
        /// The task did not concern the host.
        case skipped
        /// The task failed. The playbook may ignore that; then the host's statistics have no failure.
        case failed
        /// The host did not answer.
        case unreachable
    }

    /// The host's name in the inventory.
    package let host: String
    /// The task's name.
    package let task: String
    /// How it went.
    package let status: Status
    /// What the task says of it.
    package let message: String
    /// The end of what its command wrote to its errors.
    package let errors: String
    /// The end of what its command wrote.
    package let output: String

    package init(
        host: String, task: String, status: Status, message: String = "", errors: String = "", output: String = ""
    ) {
        (self.host, self.task, self.status) = (host, task, status)
        (self.message, self.errors, self.output) = (message, errors, output)
    }

    /// The most telling of its texts.
    package var summary: String {
        let dull = message.isEmpty || message == "non-zero return code" || message.hasPrefix("MODULE FAILURE")
        let texts = dull ? [errors, output, message] : [message]
        return texts.map(\.trimmed).first { !$0.isEmpty } ?? ""
    }
}

/// How a host fared in a whole playbook.
package struct HostStatistics: Sendable, Equatable {
    /// Tasks that went well, those that changed something among them.
    package var ok = 0
    /// Tasks that changed something.
    package var changed = 0
    /// Tasks that failed, and were neither ignored nor rescued: 0 or 1.
    package var failures = 0
    /// Failures that the playbook ignored.
    package var ignored = 0
    /// Times that the host did not answer: 0 or 1.
    package var unreachable = 0

    package init(ok: Int = 0, changed: Int = 0, failures: Int = 0, ignored: Int = 0, unreachable: Int = 0) {
        (self.ok, self.changed, self.failures) = (ok, changed, failures)
        (self.ignored, self.unreachable) = (ignored, unreachable)
    }
}
