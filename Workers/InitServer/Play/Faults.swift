import Ansible
import Contracts
import Processes
import Runtime

extension Rejection {
    /// What becomes of a run that a fault ended which concerns all its servers.
    ///
    /// - Parameter error: what was thrown on the way.
    init(fault error: any Error) {
        switch error {
        case let rejection as Rejection: self = rejection
        case let error as ProcessError where error.code == .notFound:
            self = .transient("ansible-missing", "Ansible or OpenSSH's client is not installed here.")
        case let error as ProcessError where [.leaseLost, .leaseEnded, .guardLost].contains(error.code):
            // Everything of the run is dead; it goes on from its checkpoint, uncounted.
            self = .away("programs-lost", "\(error)", pause: .seconds(1))
        case let error as AnsibleError where error.code == .noTasks:
            self = .transient("recipe-unreadable", "\(error)")
        case let error as AnsibleError: self = .transient("inventory-refused", "\(error)")
        case let error as ProcessError: self = .transient("program-failed", "\(error)")
        case let error as SecretError: self = .transient("no-place-for-secrets", "\(error)")
        default: self = .transient("interrupted", "The run was interrupted.")
        }
    }

    /// What servers failed of that were worked on when the run ended so.
    var reasonForServers: HostFailure.Reason {
        switch reason.reason {
        case "cancelled": .cancelled
        case "timed-out": .timedOut
        default: .notReached
        }
    }
}
