import Glibc

/// A program that was started. Whoever has it must see it to its end: dropped, it is killed with all that belongs to
/// it.
package struct ChildProcess: ~Copyable, Sendable {
    let child: Child
    let desk: LeaseDesk

    deinit {
        // Also after its end: nobody will read what is left.
        if child.shared.withLock({ $0.result }) == nil { desk.post(.abandon(child)) }
    }

    /// What can be done with it from elsewhere.
    package var handle: ChildHandle { ChildHandle(child: child, desk: desk) }

    /// The next line it wrote, output and errors in the order in which they were read; `nil` after its end. By one task
    /// at a time. While nobody takes lines and many wait, the program waits.
    package func nextLine() async -> OutputLine? {
        let line = await withCheckedContinuation { (continuation: CheckedContinuation<OutputLine?, Never>) in
            let (isOver, line, wakes) = child.shared.withLock { shared -> (Bool, OutputLine?, Bool) in
                if let line = shared.takeLine() {
                    // Half empty before it is filled again, so that the loop wakes for many lines.
                    let wakes = shared.isFull && shared.bytes <= child.bufferLimit / 2
                    if wakes { shared.isFull = false }
                    return (false, line, wakes)
                }
                if shared.result != nil { return (true, nil, false) }
                shared.waiter = continuation
                return (false, nil, false)
            }
            if wakes { desk.wake() }
            if isOver || line != nil { continuation.resume(returning: line) }
        }
        return line
    }

    /// Kills it with all that belongs to it, and returns when it is dead.
    package func kill() async {
        desk.post(.abandon(child))
        _ = try? await finish()
    }

    /// Waits for the end. Lines that were not taken are dropped. Asked again, it says the same.
    ///
    /// - Throws: what kept it from starting, or from running to its end: `notFound`, `notExecutable`, `noSuchPlace`,
    ///   `malformed`, `timedOut`, `cancelled`, `leaseLost`, `leaseEnded`, `guardLost`, `failed`.
    package func finish() async throws(ProcessError) -> Ending {
        child.discard()
        desk.wake()
        while await nextLine() != nil {}
        guard let result = child.shared.withLock({ $0.result }) else { throw .guardLost }
        return try result.get()
    }
}

/// What can be done with a running program by whoever does not own it. Everything is nothing once the program is dead.
package struct ChildHandle: Sendable {
    let child: Child
    let desk: LeaseDesk

    /// The process id, which is also that of its group and session; `nil` until it runs. Who has its first line has it.
    package var id: Int32? { child.shared.withLock { $0.id } }

    /// Sends a signal to the program's group.
    package func signal(_ number: Int32) { desk.post(.signal(child, number)) }

    /// Asks the program's group to end, and kills it when its grace is over. It then ends with `cancelled`.
    package func cancel() { desk.post(.cancel(child)) }
}
