import AMQP
import Depth
import Runtime

/// What the process says to its caller. Documented in `ruche help exit-codes`.
enum ExitCode: Int32, CaseIterable {
    case ok = 0
    case failure = 1
    case usage = 2
    case notFound = 3
    case denied = 4
    case jobNotSucceeded = 5
    case invalid = 6
    case conflict = 7
    case imbalance = 8
    case unavailable = 69
    case tryLater = 75
    case timedOut = 124
    case interrupted = 130
    case terminated = 143

    var meaning: String {
        switch self {
        case .ok: "done"
        case .failure: "something failed; the message says what"
        case .usage: "the command line is wrong"
        case .notFound: "no such job, queue or command"
        case .denied: "broker or database refused the login or the right"
        case .jobNotSucceeded: "the job ended refused, failed, dead or cancelled"
        case .conflict: "what was asked for contradicts what has happened already"
        case .imbalance: "the books do not balance: a promise was not kept, or a restored ledger lacks commands"
        case .invalid: "the payload is not valid; each line names a field"
        case .unavailable: "broker or database cannot be reached"
        case .tryLater: "the broker takes nothing now (blocked, or a queue is full)"
        case .timedOut: "the wait was over before the job ended"
        case .interrupted: "stopped by Ctrl-C"
        case .terminated: "stopped by SIGTERM"
        }
    }
}

/// Why a command of the line ends: an exit code and what to print on stderr.
struct Failure: Error {
    let code: ExitCode
    /// One line each; the last may be an advice.
    let lines: [String]

    init(_ code: ExitCode, _ lines: String...) {
        self.code = code
        self.lines = lines
    }

    /// What is said about an error of any kind. Places in the source are of no use to who reads it.
    init(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as AMQPError: self.init(error.isTransient ? .unavailable : .failure, "broker: \(error.summary)")
        case let error as DepthError: self.init(error)
        case let error as PostgresError:
            self.init(error.isConnectionLost ? .unavailable : .failure, "database: \(error.summary)")
        default: self.init(.failure, "\(error)")
        }
    }

    /// The same of a look at the queues.
    init(_ error: DepthError) {
        if error.code == .broker || error.code == .database, let underlying = error.underlying {
            self.init(underlying)
        } else {
            let code: ExitCode =
                switch error.code {
                case .address: .usage
                case .refused: .denied
                default: error.isTransient ? .unavailable : .failure
                }
            self.init(code, error.message)
        }
    }

    init(_ code: ExitCode, lines: [String]) {
        self.code = code
        self.lines = lines
    }
}
