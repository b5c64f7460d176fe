import Glibc

/// A program under a lease, as the loop's thread and its owner see it.
///
/// What stands here is touched by the loop's thread alone, but for `shared`.
final class Child: @unchecked Sendable {
    /// What owner and loop share.
    struct Shared {
        var lines: [OutputLine] = []
        var taken = 0
        var bytes = 0
        /// The owner wants no more lines.
        var discards = false
        var id: pid_t?
        var result: Result<Ending, ProcessError>?
        var waiter: CheckedContinuation<OutputLine?, Never>?
        /// The loop reads nothing more until the owner has taken half of what waits.
        var isFull = false
    }

    let shared = Locked(Shared())
    /// Its number under the lease; from 1 on once it is launched.
    var number: Int32 = 0
    let bufferLimit: Int
    let grace: Duration
    let timeLimit: Duration?
    private var splitters: [LineSplitter]
    /// The reading ends of output and errors; -1 when closed.
    private(set) var pipes: [Int32] = [-1, -1]
    /// Why it was asked to end.
    var reason: ProcessError?
    /// When it has run too long.
    var timeOut: BootTime?
    /// When it is killed, after it was asked to end.
    var killTime: BootTime?
    /// When the guard must have answered.
    var answerTime: BootTime?
    /// What the guard said of its end.
    var outcome: Result<Ending, ProcessError>?

    private var drained = 0
    private static let pipeSize = 1_048_576

    init(_ program: Program) {
        bufferLimit = program.bufferLimit
        grace = program.grace
        timeLimit = program.timeLimit
        splitters = [
            LineSplitter(.output, limit: program.lineLimit), LineSplitter(.errors, limit: program.lineLimit),
        ]
    }

    deinit { closePipes() }

    /// Takes the reading ends over. Before the loop sees it.
    func adopt(output: Int32, errors: Int32) { pipes = [output, errors] }

    /// The process id; `nil` until it runs.
    var id: pid_t? { shared.withLock { $0.id } }

    /// It runs.
    func started(_ id: pid_t) { shared.withLock { $0.id = id } }

    /// From now on lines are dropped, also those that wait.
    func discard() {
        shared.withLock { shared in
            (shared.discards, shared.isFull) = (true, false)
            (shared.lines, shared.taken, shared.bytes) = ([], 0, 0)
        }
    }

    /// Whether there is room for more lines.
    var canRead: Bool { shared.withLock { !$0.isFull } }

    /// Reads once from a pipe.
    ///
    /// - Returns: whether there may be more at once.
    @discardableResult
    func read(_ place: Int, _ buffer: inout [UInt8]) -> Bool {
        guard pipes[place] >= 0 else { return false }
        let count = unsafe buffer.withUnsafeMutableBytes {
            unsafe Glibc.read(pipes[place], $0.baseAddress, $0.count)
        }
        if count > 0 {
            if !shared.withLock({ $0.discards }) { give(splitters[place].take(buffer[..<count])) }
            return true
        }
        if count < 0, errno == EINTR { return true }
        if count < 0, errno == EAGAIN { return false }
        close(pipes[place])
        pipes[place] = -1
        if let rest = splitters[place].takeRest() { give([rest]) }
        return false
    }

    /// Once the program is dead: reads what is left in the pipes, and is over when that is all. Somebody else may still
    /// hold the other end, and may write for ever; no more is read than a pipe can hold.
    func drain(_ buffer: inout [UInt8]) -> Bool {
        guard let outcome else { return false }
        for place in pipes.indices {
            while canRead, drained < Self.pipeSize, read(place, &buffer) { drained += buffer.count }
            if !canRead { return false }
            if let rest = splitters[place].takeRest() { give([rest]) }
            drained = 0
        }
        closePipes()
        let waiter = shared.withLock { shared in
            shared.result = outcome
            return shared.waiter.take()
        }
        waiter?.resume(returning: nil)
        return true
    }

    private func closePipes() {
        for pipe in pipes where pipe >= 0 { close(pipe) }
        pipes = [-1, -1]
    }

    private func give(_ lines: [OutputLine]) {
        let (waiter, line) = shared.withLock { shared -> (CheckedContinuation<OutputLine?, Never>?, OutputLine?) in
            if shared.discards { return (nil, nil) }
            shared.lines += lines
            shared.bytes += lines.reduce(0) { $0 + $1.cost }
            let line = shared.waiter == nil ? nil : shared.takeLine()
            // After what is taken at once: only lines that wait for the owner will wake the loop again.
            shared.isFull = shared.bytes >= bufferLimit
            return line == nil ? (nil, nil) : (shared.waiter.take(), line)
        }
        waiter?.resume(returning: line)
    }
}

extension Child.Shared {
    /// The oldest line.
    mutating func takeLine() -> OutputLine? {
        guard taken < lines.count else { return nil }
        let line = lines[taken]
        taken += 1
        bytes -= line.cost
        // Not for every line: what is left would be moved each time.
        if taken == lines.count || taken >= 1024 {
            lines.removeFirst(taken)
            taken = 0
        }
        return line
    }
}

extension OutputLine {
    /// What it weighs in memory, roughly.
    fileprivate var cost: Int { text.utf8.count + 64 }
}
