package import Contracts

/// Where the effects of a command are found.
package struct EffectSource: Sendable {
    /// The command.
    package let command: CommandName
    /// A `SELECT` that yields a row a job: its key in the ledger (`uuid`), and how many effects it has had.
    let statement: String

    /// - Parameter statement: trusted text without parameters, such as
    ///   `SELECT job, count(*) FROM probe_effect GROUP BY job`. A job without effects has no row. One effect a success
    ///   is what balances; where a success has several rows, or none, the statement says 1.
    package init(_ command: CommandName, _ statement: String) {
        self.command = command
        self.statement = statement
    }
}
