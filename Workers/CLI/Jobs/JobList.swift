import Contracts
import Runtime

/// Prints a page of jobs, newest first, and how to get the next.
enum JobList {
    static func show(
        _ invocation: Invocation, _ filter: Filter, columns: [String], _ row: (FoundJob) -> [Cell]
    ) throws {
        let reach = Reach()
        let output = try Output(invocation)
        var query = JobQuery(
            filter: filter, limit: try invocation.count("limit", default: 50),
            scan: try invocation.count("scan", default: 10_000), horizon: try Horizon.days())
        if let text = invocation.value("after") {
            guard let place = JobCursor(text) else {
                throw Failure(.usage, "--after takes what another list ended with, not `\(text)`")
            }
            query.after = place
        }
        let database = try reach.database()
        defer { database.close() }
        let page = try query.run(database, keys: reach.keys)
        output.rows(columns, page.jobs.map(row))
        if page.isExhausted {
            note("ruche: only \(page.opened) payloads were opened; narrow with since:, or raise --scan")
        }
        if page.isCut, let last = page.jobs.last {
            note("ruche: there are more; go on with --after \(JobCursor(last))")
        }
    }
}
