import Contracts
import Glibc
import Runtime

/// The command of `ruche verify`: does what it is told, and leaves one row when it does it. No other worker serves it.
struct VerifyCommand: Command {
    enum Act: String, CaseIterable, Sendable {
        /// Takes its time, then writes its row.
        case succeed
        /// Refuses.
        case refuse
        /// Fails for now on the first attempt, after it has written; then writes its row.
        case recover
        /// Writes, then refuses: the row must not stay.
        case withdraw
    }

    static let name: CommandName = "verify"
    static let summary = "Does what ruche verify tells it."
    static let example = VerifyCommand(.succeed)
    static let completionExample = VerifiedCommand()

    var act = Act.succeed
    var milliseconds = 0
    /// Tells equal commands of several runs apart.
    var run = ""

    init() {}

    init(_ act: Act, milliseconds: Int = 0, run: String = "") {
        (self.act, self.milliseconds, self.run) = (act, milliseconds, run)
    }

    static let fields: FieldTable<VerifyCommand> = [
        .required("act", \.act, .choice, "What to do."),
        .defaulted("milliseconds", \.milliseconds, .integer(0...1000), "How long to take."),
        .defaulted("run", \.run, .text(0...64), "The run that it belongs to."),
    ]

    typealias Completion = VerifiedCommand
}

/// The completion of a ``VerifyCommand``.
struct VerifiedCommand: Message {
    var attempt = 1

    init() {}

    init(attempt: Int) { self.attempt = attempt }

    static let fields: FieldTable<VerifiedCommand> = [
        .required("attempt", \.attempt, .integer(0...1000), "The attempt that succeeded.")
    ]
}

/// Serves ``VerifyCommand`` through the runtime that every worker has.
struct VerifyWorker: Worker {
    static var options: WorkOptions<VerifyCommand> {
        WorkOptions {
            $0.batchSize = 20
            $0.timeout = .seconds(10)
            $0.retry = RetryPolicy(attempts: 5, base: .milliseconds(50), cap: .milliseconds(500))
        }
    }

    func handle(_ command: VerifyCommand, in tx: borrowing Transaction) throws(Rejection) -> VerifiedCommand {
        if command.act == .refuse { throw .refused("told-to", "The run said so.") }
        usleep(UInt32(command.milliseconds) * 1000)
        try tx.send("INSERT INTO verify_effect (job) VALUES (\(tx.job))")
        switch command.act {
        case .withdraw: throw .refused("told-to", "The run said so.")
        case .recover where tx.attempt < 2: throw .transient("told-to", "The run said so.")
        default: return VerifiedCommand(attempt: tx.attempt)
        }
    }

    /// The verb by which a run starts its workers; in no help, as it is of no use by itself.
    static let verb = "verify-worker"

    /// Runs a worker process; does not return.
    static func serve() -> Never {
        ChildProcess.endWithParent()
        Service.run("verify", arguments: []) { $0.serve(VerifyWorker()) }
    }
}
