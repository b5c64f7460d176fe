import CLinux
import Glibc

/// The right to run programs until a moment that the owner keeps moving on.
///
/// A guard process of its own watches over it. Whatever becomes of the worker (killed, crashed, frozen by SIGSTOP, too
/// slow to renew), every program under the lease is dead right after the deadline or the worker's end, with all its
/// descendants, whatever group or session they are in. A guard that is killed takes its programs with it.
///
/// Beyond it are: who became another user by a set-user-id program, and programs that the program asked somebody else
/// to start (cron, an engine of containers, another machine). On a machine whose whole container is frozen nothing
/// runs; thawed, a program may run for the moment that the guard takes to look at the clock.
package final class Lease: Sendable {
    private let desk: LeaseDesk
    private let memory: LeaseMemory
    /// The process id of the guard, for `ps` and for tests.
    package let guardID: Int32

    /// Takes a lease. Costs a process of this executable and a thread, a few milliseconds; blocks for as long.
    ///
    /// - Parameters:
    ///   - deadline: when it runs out, unless it is renewed. Take the time before whatever the lease rests on was
    ///     asked for, and leave a margin for killing.
    ///   - executable: a program that begins with `GuardProcess.runIfAsked()`.
    ///   - patience: after how long without an answer the guard is taken for frozen, and killed.
    /// - Throws: `failed`.
    package init(
        until deadline: BootTime, executable: String = "/proc/self/exe", patience: Duration = .seconds(30)
    ) throws(ProcessError) {
        let desk = try LeaseDesk()
        let file = try Descriptor.memory([UInt8](repeating: 0, count: LeaseMemory.size))
        guard let memory = LeaseMemory(mapping: file.number) else {
            throw ProcessError(.failed, "the lease could not be mapped", errno: errno)
        }
        _ = memory.renew(until: deadline)
        var ends: (Int32, Int32) = (-1, -1)
        let status = unsafe withUnsafeMutableBytes(of: &ends) {
            unsafe ruche_socket_pair($0.assumingMemoryBound(to: Int32.self).baseAddress)
        }
        guard status == 0 else { throw ProcessError(.failed, "no socket could be made", errno: errno) }
        let mine = Descriptor(taking: ends.0)
        let other = Descriptor(taking: ends.1)
        let guardID = try GuardProcess.start(executable: executable, socket: other.number, memory: file.number)
        (self.desk, self.memory, self.guardID) = (desk, memory, guardID)
        let socket = mine.release()
        do throws(ProcessError) {
            try LoopThread.start {
                LeaseLoop(desk, socket: socket, guardID: guardID, patience: patience).run()
            }
        } catch {
            close(socket)
            waitpid(guardID, nil, 0)
            throw error
        }
    }

    deinit { desk.end() }

    /// Moves the deadline on. An earlier one than there is changes nothing. One atomic write; never waits.
    ///
    /// - Throws: `leaseLost` when the guard was first, `guardLost`, `leaseEnded`: everything under the lease is dead or
    ///   dying.
    package func renew(until deadline: BootTime) throws(ProcessError) {
        guard memory.renew(until: deadline) else { throw .leaseLost }
        if let fault = desk.fault { throw fault }
    }

    /// Whether it ran out.
    package var isLost: Bool { memory.deadline == nil }

    /// When it runs out; `nil` when it did.
    package var deadline: BootTime? { memory.deadline }

    /// Ends the lease: kills what runs under it, and returns when all of that is dead and the guard is reaped.
    package func end() async {
        desk.end()
        await desk.waitUntilOver()
    }

    /// Starts a program.
    ///
    /// - Throws: `notFound`, `notExecutable`, `noSuchPlace`, `malformed`, `leaseLost`, `leaseEnded`, `guardLost`,
    ///   `failed`. What keeps it from starting only once it is tried comes out of `finish`.
    package func start(_ program: Program) throws(ProcessError) -> ChildProcess {
        let form = try Descriptor.memory(try program.form().bytes())
        let input = try program.openInput()
        let child = Child(program)
        let output = try Descriptor.pipe()
        let errors = try Descriptor.pipe()
        output.reading.stopBlocking()
        errors.reading.stopBlocking()
        child.adopt(output: output.reading.release(), errors: errors.reading.release())
        let files = [form.release(), input.release(), output.writing.release(), errors.writing.release()]
        try desk.launch(child, Attachment(taking: files))
        return ChildProcess(child: child, desk: desk)
    }
}

extension ProcessError {
    static var leaseLost: ProcessError {
        ProcessError(.leaseLost, "the lease ran out, and everything under it is killed")
    }
    static var leaseEnded: ProcessError { ProcessError(.leaseEnded, "the lease was ended") }
    static var guardLost: ProcessError { ProcessError(.guardLost, "the guard of the lease is gone") }
}
