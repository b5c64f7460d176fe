/// What one executable serves: its workers, and what it asks of the database session.
package struct Roster {
    /// The environment, for settings of the workers' own. What is wrong in it is reported together, before anything
    /// starts.
    package var settings: Settings
    private(set) var handlers: [Handler] = []
    /// Session settings of the database connection, such as planner switches for set-based statements.
    package var session: [(name: String, value: String)] = []

    /// How many batches at a time suit it: two, so that one works while the database is busy with the other. What waits
    /// for something else, one after the other, takes one. Of long commands, how many run at a time. `CONCURRENCY`
    /// overrides it.
    package var concurrency = 2

    private(set) var checks: [HealthCheck] = []

    init(settings: Settings) {
        self.settings = settings
    }

    /// Counts as ready only while this check is well.
    package mutating func watch(_ check: HealthCheck) { checks.append(check) }

    /// Serves the command of this worker.
    package mutating func serve(_ worker: some Worker) {
        handlers.append(Handler(worker))
    }

    /// Serves the command of this worker, many at a time.
    package mutating func serve(_ worker: some BatchWorker) {
        handlers.append(Handler(worker))
    }

    /// Serves the long command of this worker, as many at a time as ``concurrency`` says.
    package mutating func serve(_ worker: some LongWorker) {
        handlers.append(Handler(worker))
    }
}
