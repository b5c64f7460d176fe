extension Program {
    /// Runs to the end under a lease, and hands every line on, in order. While a line is being dealt with, the program
    /// runs on until many lines wait.
    ///
    /// Cancelling the task asks the program to end, and kills it after its grace. An error of `onLine` kills it at
    /// once. Either way it is dead when this returns.
    ///
    /// - Throws: `ProcessError`, whose `tail` has the last lines, or what `onLine` throws. An ending by itself is no
    ///   error, whatever its status.
    package func run(
        under lease: Lease, onLine: (OutputLine) async throws -> Void = { _ in }
    ) async throws -> ProgramResult {
        let child = try lease.start(self)
        let handle = child.handle
        return try await withTaskCancellationHandler {
            try await Self.follow(child, onLine)
        } onCancel: {
            handle.cancel()
        }
    }

    private static func follow(
        _ child: borrowing ChildProcess, _ onLine: (OutputLine) async throws -> Void
    ) async throws -> ProgramResult {
        var tail = OutputTail()
        while let line = await child.nextLine() {
            tail.append(line)
            do {
                try await onLine(line)
            } catch {
                await child.kill()
                throw error
            }
        }
        do throws(ProcessError) {
            return ProgramResult(ending: try await child.finish(), tail: tail.lines)
        } catch {
            var error = error
            error.tail = tail.lines
            throw error
        }
    }
}

/// What came of a program.
package struct ProgramResult: Sendable {
    /// How it ended.
    package let ending: Ending
    /// The last 50 lines that it wrote, and not more than 64 KiB of them.
    package let tail: [OutputLine]
}
