import Glibc

/// How a program came to its end.
package enum Ending: Sendable, Equatable, CustomStringConvertible {
    /// It ended itself, with this status; 0 is success.
    case exited(Int32)
    /// A signal ended it.
    case killed(signal: Int32)

    /// From the number that `wait` gives.
    init(status: Int32) {
        let signal = status & 0x7f
        self = signal == 0 ? .exited(status >> 8 & 0xff) : .killed(signal: signal)
    }

    /// Whether it says that all went well.
    package var isSuccess: Bool { self == .exited(0) }

    package var description: String {
        switch self {
        case .exited(let status): "ended with status \(status)"
        case .killed(let signal): "was ended by signal \(signal)"
        }
    }
}
