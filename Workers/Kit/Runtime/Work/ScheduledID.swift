import Contracts

/// The message ids of scheduled commands.
///
/// The key of the ledger is a hash of the message id, and whoever comes first books an outcome under it. A deadline
/// whose id could be computed would be answered with what somebody else's message of that id had come to, and would do
/// nothing. So every id ends with a number that nobody can guess.
enum ScheduledID {
    /// `name`, a colon and 16 hexadecimal digits of the system's randomness. One system call.
    static func draw(_ name: String) -> String {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        return "\(name):\(String(repeating: "0", count: 16 - digits.count))\(digits)"
    }
}

extension Job {
    /// Whether the message says that it is the one scheduled under `name`. Anybody may say so, under an id of his own.
    package func isScheduled(as name: String) -> Bool { id.hasPrefix("\(name):") }
}
