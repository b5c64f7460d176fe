import Contracts
import Runtime

/// The jobs that a verb is to change: by their ids, or by a filter.
struct JobSelection {
    var jobs: [FoundJob] = []
    /// Whether a filter chose them. Whoever names an id wants to hear why it cannot be done.
    var isByFilter = false
    /// Whether the filter matches more than the limit.
    var isCut = false

    /// What every verb that changes jobs takes.
    static let options: [Option] = [
        .value("command", "NAME", "only this command; needed when an id is a job of several"), .tenants,
        .value("limit", "N", "at most so many, default 1000"),
        .value("scan", "N", "how many payloads a payload.… filter opens at most, default 10000"), .reason, .dryRun,
        .flag("yes", "do not ask, however many there are"),
    ]

    /// - Parameter states: what a filter chooses among; an id is found in any state.
    init(
        _ invocation: Invocation, among states: [JobState], handled: Bool? = nil, _ reach: Reach,
        _ database: Postgres.Connection
    ) throws {
        let horizon = try Horizon.days()
        let (ids, words) = try Self.words(invocation)
        guard ids.isEmpty else {
            var seen: Set<UniqueID> = []
            for id in ids {
                let job = try FoundJob.one(id: id, invocation, horizon: horizon, database)
                if seen.insert(job.key).inserted { jobs.append(job) }
            }
            return
        }
        let filter = try Self.filter(words, invocation)
        // The tenant that goes without saying chooses nothing by itself.
        let isChosen = !words.isEmpty || invocation.value("command") != nil
        guard isChosen || (invocation.value("tenant").map { $0 != Tenants.all } ?? false) else {
            throw Failure(.usage, "name an ID, or a filter such as command:lease-ip", "see: ruche help filters")
        }
        let asks = handled != nil && !filter.asksHandled
        let query = JobQuery(
            filter: filter.adding(.state(states)).adding(.handled(handled ?? false), if: asks),
            limit: try invocation.count("limit", default: 1000), order: .oldestFirst,
            scan: try invocation.count("scan", default: 10_000), horizon: horizon)
        let page = try query.run(database, keys: reach.keys)
        if page.isExhausted {
            note("ruche: only the oldest \(page.opened) payloads were opened; narrow with since:, or raise --scan")
        }
        jobs = page.jobs
        isByFilter = true
        isCut = page.isCut
    }

    /// The ids that a line names, or the words of its filter.
    static func words(_ invocation: Invocation) throws(Failure) -> (ids: [String], terms: [String]) {
        let all = invocation.arguments
        if all.count == 1, let id = FilterWord.id(all[0]) { return ([id], []) }
        let ids = all.filter { !FilterWord.isTerm($0) }
        let terms = all.filter { FilterWord.isTerm($0) }
        guard ids.isEmpty || terms.isEmpty else {
            let meant = ids.lazy.compactMap { FilterWord.meantField(by: $0) }.first
            throw Failure(
                .usage,
                lines: ["name ids or a filter, not both"] + (meant.map { ["did you mean \($0):?"] } ?? [])
                    + ["an id within a filter is written id:ID"])
        }
        return (ids, terms)
    }

    /// Whose the chosen jobs are.
    var tenants: [String] { jobs.map(\.tenant) }

    /// The filter of a command line: its words, and the options that say the same.
    static func filter(_ words: [String], _ invocation: Invocation) throws(Failure) -> Filter {
        let now = Timestamp.now
        var filter = try Filter(words, now: now)
        if let state = invocation.value("state") { filter.terms += try Filter(["state:\(state)"], now: now).terms }
        if let command = invocation.value("command") {
            filter.terms.append(.init(question: .command([.init(command)])))
        }
        let isOpen = invocation.value("tenant") == nil && filter.asksTenant
        if !isOpen, let tenant = Tenants.chosen(invocation) {
            filter.terms.append(.init(question: .tenant([.init(tenant)])))
        }
        if let since = try invocation.duration("since") { filter.terms.append(.init(question: .since(now - since))) }
        return filter
    }

    /// The reason of the command line; a change by hand has one.
    static func reason(_ invocation: Invocation) throws(Failure) -> String {
        guard let reason = try givenReason(invocation) else {
            throw Failure(.usage, "--reason is needed: say why, for the audit")
        }
        return reason
    }

    /// The reason of the command line, without blanks around it, where it may be missing.
    static func givenReason(_ invocation: Invocation) throws(Failure) -> String? {
        guard let text = invocation.value("reason") else { return nil }
        let words = text.drop { $0.isWhitespace }
        guard let last = words.lastIndex(where: { !$0.isWhitespace }) else {
            throw Failure(.usage, "--reason is empty: say why, for the audit")
        }
        return String(words[...last])
    }

    /// Leaves out what ended and is past the horizon: nobody can tell a replay of it from a new command, so its effect
    /// could happen twice.
    ///
    /// - Throws: ``ExitCode/conflict`` when one was named by its id, or when nothing else is left.
    mutating func leaveForgotten() throws(Failure) {
        let forgotten = jobs.filter { $0.isForgotten && $0.state.outcome != nil }
        guard let first = forgotten.first else { return }
        let rule = "past the horizon of \(try Horizon.days()) days: running it again could repeat its effect"
        jobs.removeAll { $0.isForgotten && $0.state.outcome != nil }
        guard isByFilter, !jobs.isEmpty else {
            let who = forgotten.count == 1 ? "`\(first.id)` is" : "\(forgotten.count) jobs are"
            throw Failure(.conflict, "\(who) \(rule)", "if it must run, enqueue it again under a new id")
        }
        note("ruche: \(forgotten.count) jobs are left alone, \(rule)")
    }

    /// Says what would be changed, and nothing more.
    func rehearse(_ what: String) {
        if !jobs.isEmpty { emit(jobs.map { "would \(what) \($0.name)" }.joined(separator: "\n")) }
        noteLimit()
    }

    /// Says that the limit left some out.
    func noteLimit() {
        if isCut { note("ruche: the filter matches more than these \(jobs.count); run again, or raise --limit") }
    }
}
