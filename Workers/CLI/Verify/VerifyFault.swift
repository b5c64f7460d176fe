import Runtime

/// What a run does to its own workers and commands while they work.
enum VerifyFault: String, CaseIterable {
    /// A worker is killed, and another started.
    case kill
    /// A worker is stopped for a while and goes on (SIGSTOP, SIGCONT).
    case freeze
    /// A worker is asked to stop (SIGTERM), and another started.
    case stop
    /// The database ends the sessions of a worker.
    case session
    /// The broker closes the connections of all workers that it tells of.
    case connection
    /// Commands that were published before are published again.
    case again

    /// Reads `kill,stop`, `all` or `none`.
    static func list(_ text: String) throws(Failure) -> [VerifyFault] {
        switch text {
        case "all": return allCases
        case "none": return []
        default:
            var faults: [VerifyFault] = []
            for word in text.split(separator: ",", omittingEmptySubsequences: false) {
                guard let fault = VerifyFault(rawValue: String(word)) else {
                    let words = allCases.map(\.rawValue).joined(separator: ", ")
                    throw Failure(.usage, "--faults takes a list of \(words), or all, or none; not `\(word)`")
                }
                if !faults.contains(fault) { faults.append(fault) }
            }
            return faults
        }
    }
}
