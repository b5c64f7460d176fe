/// Why a host did not come through a playbook.
package struct HostFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// A kind of reason. The codes are kept: they are stored and sent.
    package enum Reason: String, Sendable, CaseIterable {
        /// Nobody listens on the port, or who listens hangs up.
        case unreachableRefused = "unreachable-refused"
        /// The connection was not there in time.
        case unreachableTimeout = "unreachable-timeout"
        /// No way leads to the address.
        case unreachableNoRoute = "unreachable-no-route"
        /// The name has no address.
        case unreachableName = "unreachable-name"
        /// It cannot be reached for another reason.
        case unreachable = "unreachable"
        /// The password was refused.
        case wrongPassword = "wrong-password"
        /// The key was refused.
        case keyRefused = "key-refused"
        /// It is to be logged on to with a password, and none is known.
        case noPassword = "no-password"
        /// Its password cannot be opened with the keys that are there.
        case passwordUnreadable = "password-unreadable"
        /// Its user or password is none that a program can be given.
        case badLogin = "bad-login"
        /// The host shows another key than before.
        case hostKeyChanged = "host-key-changed"
        /// Sudo asks for a password, and there is none.
        case sudoMissingPassword = "sudo-missing-password"
        /// Sudo refused the password.
        case sudoIncorrectPassword = "sudo-incorrect-password"
        /// The user may not become another.
        case sudoNotAllowed = "sudo-not-allowed"
        /// There is no room.
        case diskFull = "disk-full"
        /// It is another system than the playbook is for.
        case wrongSystem = "wrong-system"
        /// Packages cannot be fetched.
        case packagesUnreachable = "packages-unreachable"
        /// The connection stood still or broke in the middle.
        case hung = "hung"
        /// The run took longer than it may.
        case timedOut = "timed-out"
        /// The run was cancelled.
        case cancelled = "cancelled"
        /// A task failed, for none of the other reasons.
        case taskFailed = "task-failed"
        /// The playbook was over before it came to an end on this host.
        case notReached = "not-reached"
    }

    /// What kind of reason it is.
    package let reason: Reason
    /// The task at which it ended, if it was one.
    package let task: String?
    /// What was said there: redacted, up to 2 KiB.
    package let message: String

    static let messageLimit = 2048

    package init(_ reason: Reason, task: String? = nil, message: String = "") {
        (self.reason, self.task) = (reason, task)
        self.message = message.trimmed.beginning(Self.messageLimit)
    }

    /// What happened, where, and what was said there.
    package var description: String {
        let place = task.map { " (\($0))" } ?? ""
        return message.isEmpty ? reason.sentence + place : "\(reason.sentence)\(place): \(message)"
    }
}

extension HostFailure.Reason {
    /// What happened, for people, in one sentence.
    package var sentence: String {
        switch self {
        case .unreachableRefused: "The server refuses connections to its SSH port."
        case .unreachableTimeout: "The server did not answer in time."
        case .unreachableNoRoute: "No route leads to the server's address."
        case .unreachableName: "The server's name has no address."
        case .unreachable: "The server cannot be reached."
        case .wrongPassword: "The server refuses the password."
        case .keyRefused: "The server refuses the key."
        case .noPassword: "The server asks for a password, and none is known."
        case .passwordUnreadable: "The server's password cannot be opened with the keys that are here."
        case .badLogin: "The server's user or password is none that a program can be given."
        case .hostKeyChanged: "The server shows another host key than the one that is known of it."
        case .sudoMissingPassword: "Sudo asks for a password, and none was given."
        case .sudoIncorrectPassword: "Sudo refuses the password."
        case .sudoNotAllowed: "The user may not become root by sudo."
        case .diskFull: "There is not enough room on the server's disk."
        case .wrongSystem: "The server runs a system that this is not made for."
        case .packagesUnreachable: "The server cannot fetch packages."
        case .hung: "The connection to the server stood still or broke in the middle."
        case .timedOut: "It took longer than it may."
        case .cancelled: "It was cancelled."
        case .taskFailed: "A task failed on the server."
        case .notReached: "The run was over before the server was done."
        }
    }
}

/// What came of a playbook on a host.
package enum HostOutcome: Sendable, Equatable {
    /// It came through; so many tasks changed something.
    case done(changed: Int)
    /// It did not.
    case failed(HostFailure)
}
