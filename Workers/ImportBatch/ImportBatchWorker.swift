import Contracts
import Runtime

/// Takes over a provider's list of servers.
///
/// The whole list is read, checked and staged in a temporary table first; then one plan says of each row what becomes
/// of it; then set-based statements do it. A list of any length takes constant memory here.
struct ImportBatchWorker: Worker {
    static let options = WorkOptions<ImportBatch> {
        $0.batchSize = 1
        $0.timeout = .seconds(600)
        // Two imports of one tenant could meet on the same server; one after the other, their counts are exact.
        $0.cap = Cap(1) { _ in ImportBatch.name.rawValue }
    }

    func handle(_ command: ImportBatch, in tx: borrowing Transaction) throws(Rejection) -> BatchImported {
        let source = try ListSource(of: command, in: tx)
        if !command.dryRun, let known = try ImportSession.find(command, content: source.content, in: tx) {
            return known
        }

        var list = try StagedList.read(source, provider: command.provider, in: tx)
        guard list.isReadable else { throw .refused(list.faults) }
        let plan = try ImportPlan.make(in: tx)
        list.faults.merge(plan.faults, total: plan.faultCount)

        var completion = BatchImported(
            sessionId: 0, session: command.session, dryRun: command.dryRun, inserted: plan.inserted,
            updated: plan.updated, unchanged: plan.unchanged, rejected: list.rejected + plan.newlyRejected,
            errors: list.faults.kept)
        if !command.dryRun {
            guard command.mode == .skipInvalid || list.faults.isEmpty else { throw .refused(list.faults) }
            let session = try ImportSession.enter(command, content: source.content, counts: completion, in: tx)
            try plan.apply(session: session, in: tx)
            completion.sessionId = Int(session)
        }
        try list.faults.store(in: tx)
        return completion
    }
}

extension Rejection {
    /// The list is at fault: `rows-invalid`, with the first faults.
    fileprivate static func refused(_ faults: FaultList) -> Rejection {
        let number = faults.count == 1 ? "1 fault" : "\(faults.count) faults"
        var reason = Reason(reason: "rows-invalid", message: "The list has \(number). Nothing was imported.")
        reason.errors = Array(faults.kept.prefix(BatchImported.errorLimit))
        reason.errorsTruncated = faults.count > BatchImported.errorLimit
        return Rejection(.refuse, reason)
    }
}
