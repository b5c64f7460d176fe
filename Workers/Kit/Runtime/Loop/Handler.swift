import Contracts
import Postgres

/// A worker with its types erased: what the loop calls.
struct Handler: Sendable {
    let name: CommandName
    let version: Int
    let identity: Identity
    let batchSize: Int
    let timeout: Duration
    let retry: RetryPolicy
    let keepsPayload: Bool
    /// Whether only so many transactions at once may work on it.
    let isCapped: Bool
    /// What it counts besides how commands ended.
    let counters: [Counter]
    /// Whether a batch that failed is halved (set-based handlers) or run one by one.
    let halves: Bool
    /// Runs admitted commands; throws when the transaction must be rolled back.
    let run: @Sendable ([Admitted], borrowing Transaction) throws(Rejection) -> [Ended]
    /// Returns when what the handler needs besides the database is there.
    let probe: @Sendable () throws(Rejection) -> Void
    /// What it does behind the transaction that claims a command, if that is a long one.
    var long: LongPart?
}

/// A command the ledger has admitted, not decoded yet.
struct Admitted: Sendable {
    let key: UniqueID
    let id: String
    let tenant: String
    let attempt: Int
    let sentAt: Timestamp?
    let payload: [UInt8]
}

/// What a handler made of one command.
enum Ended: Sendable {
    /// The completion, as JSON.
    case completed([UInt8])
    /// Rejected without a trace in the transaction.
    case rejected(Rejection)
    /// Well, and to be claimed: its run goes on behind the transaction.
    case claimable
}

extension Handler {
    /// One command at a time, in the transaction of all.
    init<W: Worker>(_ worker: W) {
        let options = W.options
        self.init(W.Input.self, options, halves: false, probe: {}) { jobs, tx throws(Rejection) in
            var endings: [Ended] = []
            endings.reserveCapacity(jobs.count)
            for job in jobs {
                tx.work.enter(job)
                do throws(Rejection) {
                    let command = try job.decode(W.Input.self)
                    try options.cap?.take(command, of: job, in: tx)
                    endings.append(.completed(try worker.handle(command, in: tx).json()))
                } catch {
                    // What wrote nothing leaves the others alone; everything else costs them their transaction.
                    guard error.database == nil, !tx.work.wrote else { throw error }
                    endings.append(.rejected(error))
                }
            }
            return endings
        }
    }

    /// All at once.
    init<W: BatchWorker>(_ worker: W) {
        let options = W.options
        self.init(
            W.Input.self, options, halves: true, probe: { () throws(Rejection) in try worker.probe() }
        ) { jobs, tx throws(Rejection) in
            var endings = [Ended?](repeating: nil, count: jobs.count)
            var accepted: [Job<W.Input>] = []
            var places: [Int] = []
            for (place, job) in jobs.enumerated() {
                do throws(Rejection) {
                    let command = try job.decode(W.Input.self)
                    try options.cap?.take(command, of: job, in: tx)
                    accepted.append(
                        Job(
                            key: job.key, id: job.id, tenant: job.tenant, attempt: job.attempt, sentAt: job.sentAt,
                            command: command))
                    places.append(place)
                } catch {
                    guard error.database == nil else { throw error }
                    endings[place] = .rejected(error)
                }
            }
            let results = accepted.isEmpty ? [] : try worker.handle(accepted, in: tx)
            guard results.count == accepted.count else {
                let counts = "\(results.count) endings for \(accepted.count) commands"
                throw Rejection(.retry, Reason(reason: "worker-error", message: "The worker returned \(counts)."))
            }
            for (place, result) in zip(places, results) {
                switch result {
                case .success(let completion): endings[place] = .completed(completion.json())
                case .failure(let rejection): endings[place] = .rejected(rejection)
                }
            }
            return endings.map { $0! }
        }
    }

    /// One at a time, behind the transaction that claims it.
    init<W: LongWorker>(_ worker: W) {
        let options = WorkOptions<W.Input> {
            $0.batchSize = 1
            $0.retry = W.options.retry
            $0.counters = W.options.counters
        }
        self.init(W.Input.self, options, halves: false, probe: {}) { jobs, _ throws(Rejection) in
            jobs.map { job in
                do throws(Rejection) { _ = try job.decode(W.Input.self) } catch { return .rejected(error) }
                return .claimable
            }
        }
        long = LongPart(worker)
    }

    private init<C: Command>(
        _: C.Type, _ options: WorkOptions<C>, halves: Bool, probe: @escaping @Sendable () throws(Rejection) -> Void,
        run: @escaping @Sendable ([Admitted], borrowing Transaction) throws(Rejection) -> [Ended]
    ) {
        name = C.name
        version = C.version
        identity = C.identity
        batchSize = options.batchSize
        timeout = options.timeout
        retry = options.retry
        keepsPayload = options.keepsPayload
        isCapped = options.cap != nil
        counters = options.counters
        self.halves = halves
        self.run = run
        self.probe = probe
    }
}

extension Admitted {
    func decode<C: Command>(_: C.Type) throws(Rejection) -> C {
        do {
            return try C(json: payload, strict: false)
        } catch {
            throw .failed(error.code.rawValue, error.message, pointer: error.pointer)
        }
    }
}

extension Cap {
    /// Takes a free slot for the length of the transaction; a slot this transaction holds already counts as free.
    fileprivate func take(_ command: Input, of job: Admitted, in tx: borrowing Transaction) throws(Rejection) {
        let name = "ruche.cap/\(job.tenant)/\(key(command))"
        for slot in 0..<limit {
            do {
                let rows = try tx.base.query(Ledger.takeSlot(name: name, slot: Int64(slot)))
                if try rows.get(0, 0, as: Bool.self) { return }
            } catch {
                throw Rejection(error)
            }
        }
        throw Rejection(.postpone, Reason(reason: "no-slot", message: "All \(limit) slots are taken."))
    }
}
