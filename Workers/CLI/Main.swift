import AMQP
import Contracts
import Glibc
import Runtime

/// The `ruche` command.
@main struct Main {
    static func main() {
        signal(SIGPIPE, SIG_DFL)
        holdStandardStreams()
        Interrupt.release()
        exit(run(Array(CommandLine.arguments.dropFirst())).rawValue)
    }

    /// Runs one command line. Returns its exit code.
    static func run(_ words: [String]) -> ExitCode {
        do {
            if let page = Help.page(for: words) {
                emit(page)
                return .ok
            }
            // As every program has it.
            if let first = words.first, ["--version", "-V"].contains(first) {
                return run(["version"] + words.dropFirst())
            }
            if words == [VerifyWorker.verb] { VerifyWorker.serve() }
            let verb = try Verb.find(words)
            try verb.run(Invocation(verb, Array(words.dropFirst(verb.path.count))))
            return .ok
        } catch {
            let failure = Failure(error)
            failure.lines.forEach { note("ruche: \($0)") }
            return failure.code
        }
    }
}

extension Verb {
    /// Every command of the line, in the order of the help.
    static let all: [Verb] = [
        migrate, keysGenerate, keysRotate, keysPublic, enqueue, importFile, eventsTail, queues, top, queuesPause,
        queuesResume, queuesPurge, autoscale, jobsList, jobsShow, jobsWhy, why, jobsRetry, jobsCancel, deadList,
        deadShow, deadReplay, deadDiscard, scheduleList, scheduleRun, scheduleCancel, sessions, serversList,
        serversShow, serversInit, leases, leasesShow, shopsList, shopsShow, shopsDeploy, shopsRollback, shopsRetire,
        runsList, runsShow, tasks, logs, logsStats, doctor, verify, reconcile, contractsList, contractsShow,
        contractsExample, contractsCheck, configShow, configCheck, completion, man, version,
    ]

    /// The verb that the first words name: the longest that matches.
    static func find(_ words: [String]) throws(Failure) -> Verb {
        let matches = all.filter { words.starts(with: $0.path) }
        if let verb = matches.max(by: { $0.path.count < $1.path.count }) { return verb }
        let group = all.filter { $0.path.first == words.first }.map { $0.path.dropFirst().joined(separator: " ") }
        if let noun = words.first, words.count == 1, !group.isEmpty {
            throw Failure(
                .usage, "`ruche \(noun)` needs one of \(group.joined(separator: ", "))", "see: ruche help \(noun)")
        }
        let said = words.prefix(2).joined(separator: " ")
        let advice = Suggestion.nearest(to: said, in: all.map(\.name)).map { "did you mean `ruche \($0)`?" }
        throw Failure(.usage, lines: ["no command `\(said)`", advice ?? "see: ruche help"])
    }
}
