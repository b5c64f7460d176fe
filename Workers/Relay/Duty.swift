import Runtime

/// What one thread of the relay does, over and over.
protocol Duty: AnyObject {
    /// Does one piece of the work, seconds long at most, and returns how long nothing is to be done.
    ///
    /// What it throws has left the work to be done again: on the same connection, or on the next one.
    func pass(_ connection: Connection) throws(PostgresError) -> Duration

    /// Passes have been failing for so long, or the database could not be reached. Called after every failure.
    func endure(_ duration: Duration)

    /// Hands back what is held. Called once, after the last pass.
    func finish()
}

extension Duty {
    func endure(_ duration: Duration) {}
    func finish() {}
}
