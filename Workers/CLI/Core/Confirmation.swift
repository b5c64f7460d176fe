import Glibc

/// Asks before many things are changed at once, or one in a way that may do harm.
enum Confirmation {
    /// Returns when a person agrees: by `--yes`, or by typing the count on a terminal. One thing is not asked about.
    ///
    /// - Parameter tenants: whose they are; named unless it is the default tenant alone.
    static func require(
        _ invocation: Invocation, to what: String, count: Int, of tenants: [String] = []
    ) throws(Failure) {
        guard count > 1, !invocation.has("yes") else { return }
        let whose = Tenants.named(tenants)
        guard isatty(0) == 1, Terminal.isError else {
            throw Failure(
                .usage, "this would \(what) \(count) jobs\(whose)", "look first with --dry-run, then say --yes")
        }
        _ = File.send("this will \(what) \(count) jobs\(whose); type \(count) to go on: ", to: 2)
        guard readLine() == String(count) else { throw Failure(.usage, "nothing was changed") }
    }

    /// Returns when a person agrees to what may do harm: by `--yes`, or by typing the name of what it is done to on a
    /// terminal.
    static func require(_ invocation: Invocation, to what: String, typing name: String) throws(Failure) {
        guard !invocation.has("yes") else { return }
        guard isatty(0) == 1, Terminal.isError else { throw Failure(.usage, "this would \(what)", "say so with --yes") }
        _ = File.send("this will \(what); type \(name) to go on: ", to: 2)
        guard readLine() == name else { throw Failure(.usage, "nothing was changed") }
    }
}
