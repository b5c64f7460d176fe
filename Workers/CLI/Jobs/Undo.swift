import Contracts
import Runtime

/// How to take back what a verb has changed, as a line that can be typed. It reverses what this run changed and nothing
/// else: few jobs are named, more are found by the mark that the run left on them (``Audit/mark``).
struct Undo {
    /// The words of the verb that takes it back.
    private let verb: [String]
    /// Up to how many jobs are named.
    private let few: Int
    /// What a filter says besides, for people.
    private let terms: [String]
    private var named: [Cancellation.Subject] = []
    private var commands: Set<String> = []
    private var tenants: Set<String> = []
    private var since: Timestamp?
    /// How many jobs were changed.
    private(set) var count = 0

    /// - Parameter few: up to how many jobs are named. One when those that have moved on must not hold back the others.
    init(_ verb: String..., few: Int = 5, terms: [String] = []) {
        self.verb = verb
        self.few = few
        self.terms = terms
    }

    /// Counts a job that was changed.
    mutating func add(_ job: Cancellation.Subject, admittedAt: Timestamp?) {
        count += 1
        if named.count <= few { named.append(job) }
        commands.insert(job.command.rawValue)
        tenants.insert(job.tenant)
        if let admittedAt { since = since.map { min($0, admittedAt) } ?? admittedAt }
    }

    /// Counts jobs that were changed.
    mutating func add(_ jobs: [FoundJob]) {
        for job in jobs {
            guard let subject = job.subject else { continue }
            add(subject, admittedAt: job.admittedAt)
        }
    }

    /// What is printed.
    var line: String {
        guard count > 0 else { return "nothing was changed, so there is nothing to undo" }
        var words = ["ruche"] + verb + (count <= few ? names : filter) + ["--reason", "undo"]
        if count > 1 { words.append("--yes") }
        return "undo: " + ShellLine.joined(words)
    }

    /// Ids, when one command and one tenant go for all of them; else keys, which stand alone.
    private var names: [String] {
        let isPlain = named.allSatisfy { Self.isPlain($0.id) }
        guard commands.count == 1, tenants.count == 1, isPlain else { return named.map(\.key.description) }
        return named.map(\.id) + ["--command"] + commands + chosenTenant
    }

    private var filter: [String] {
        var words = [FilterWord.term("worker", Audit.mark)] + terms
        if commands.count == 1 { words += commands.map { FilterWord.term("command", $0) } }
        if let since { words.append("since:\(since.rfc3339)") }
        return words + chosenTenant + ["--limit", String(count)]
    }

    private var chosenTenant: [String] {
        if tenants == [Topology.defaultTenant] { return [] }
        return ["--tenant", tenants.count == 1 ? tenants.first! : Tenants.all]
    }

    /// Whether a terminal shows the id as it is, and the command line takes it for an id.
    private static func isPlain(_ id: String) -> Bool {
        id.first.map { $0 != "-" } ?? false && id.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            && !FilterWord.isTerm(id) && FilterWord.meantField(by: id) == nil
    }
}

extension FoundJob {
    /// How the ledger ends it.
    var subject: Cancellation.Subject? {
        CommandName(command).map { Cancellation.Subject(key: key, id: id, command: $0, tenant: tenant) }
    }
}
