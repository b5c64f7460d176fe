import CLinux
import Glibc

/// The thread that speaks with the guard and reads what programs write, for one lease. It never blocks but in `poll`.
final class LeaseLoop {
    private let desk: LeaseDesk
    private let guardID: pid_t
    private let patience: Duration
    private var channel: Channel
    private var children: [Int32: Child] = [:]
    private var lastNumber: Int32 = 0
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    private var hasSaidEnd = false
    private var isConnected = true

    /// - Parameters:
    ///   - socket: this end of the socket, which it takes over.
    ///   - patience: after how long without an answer the guard is taken for frozen, and killed.
    init(_ desk: LeaseDesk, socket: Int32, guardID: pid_t, patience: Duration) {
        self.desk = desk
        self.guardID = guardID
        self.patience = patience
        channel = Channel(Descriptor(taking: socket))
    }

    /// Returns when the guard is buried and all output is taken.
    func run() {
        while isConnected || !children.isEmpty {
            takeOrders()
            wait()
            takePackets()
            checkTimes()
            for (number, child) in children where child.drain(&buffer) { children[number] = nil }
        }
    }

    private func takeOrders() {
        let (orders, isEnding) = desk.takeOrders()
        for order in orders { take(order) }
        if isEnding, !hasSaidEnd {
            hasSaidEnd = true
            for child in children.values { child.reason = child.reason ?? .leaseEnded }
            shutdown(channel.socket.number, Int32(SHUT_WR))
        }
    }

    private func take(_ order: LeaseDesk.Order) {
        switch order {
        case .launch(let child, let attachment):
            lastNumber += 1
            child.number = lastNumber
            children[lastNumber] = child
            // What was ordered just before the end.
            if hasSaidEnd { child.reason = .leaseEnded }
            guard isConnected else { return child.outcome = .failure(child.reason ?? .guardLost) }
            child.timeOut = child.timeLimit.map { .now + $0 }
            child.answerTime = .now + patience
            channel.send(Packet(.launch, lastNumber), attachment)
        case .signal(let child, let number): channel.send(Packet(.signal, child.number, number))
        case .cancel(let child): ask(child, ProcessError(.cancelled, "the program was no longer wanted"))
        case .abandon(let child):
            child.discard()
            kill(child)
        }
    }

    private func wait() {
        var entries = [
            pollfd(fd: desk.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: isConnected ? channel.socket.number : -1, events: channel.interest, revents: 0),
        ]
        // What the guard says of a program comes first: whoever has its first line knows its id.
        let readers = children.values.filter { $0.outcome == nil && $0.id != nil && $0.canRead }
        for child in readers { entries += child.pipes.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) } }
        _ = unsafe poll(&entries, nfds_t(entries.count), Self.rest(of: children.values).pollMilliseconds)
        channel.flush()
        for (index, child) in readers.enumerated() {
            for place in child.pipes.indices where entries[2 + 2 * index + place].revents != 0 {
                child.read(place, &buffer)
            }
        }
    }

    // MARK: Time

    /// Until when there is nothing to do unless somebody says so. Never later than now while a dead program has room
    /// for what it left: the wake-up that said so may have been taken before.
    static func rest(of children: some Sequence<Child>) -> BootTime {
        var next = BootTime.distantFuture
        for child in children {
            if child.outcome != nil {
                if child.canRead { next = min(next, .now) }
            } else {
                next = [child.timeOut, child.killTime, child.answerTime].compactMap(\.self).reduce(next, min)
            }
        }
        return next
    }

    private func checkTimes() {
        let now = BootTime.now
        for child in children.values where child.outcome == nil {
            if let time = child.timeOut, time <= now {
                child.timeOut = nil
                ask(child, ProcessError(.timedOut, "the program ran longer than it may"))
            }
            if let time = child.killTime, time <= now { kill(child) }
            if let time = child.answerTime, time <= now {
                child.answerTime = nil
                // It is a child of ours that nobody has reaped, so the number is still its own. What it has started
                // dies with it.
                Glibc.kill(guardID, SIGKILL)
            }
        }
    }

    /// Asks a program to end, and sets the time at which it will be made to.
    private func ask(_ child: Child, _ reason: ProcessError) {
        guard child.reason == nil, child.outcome == nil else { return }
        child.reason = reason
        child.killTime = .now + child.grace
        channel.send(Packet(.signal, child.number, SIGTERM))
    }

    private func kill(_ child: Child) {
        child.killTime = nil
        child.answerTime = .now + patience
        channel.send(Packet(.kill, child.number))
    }

    // MARK: What the guard says

    private func takePackets() {
        while isConnected {
            switch channel.receive() {
            case .nothing: return
            case .packet(let packet, _): take(packet)
            case .end: bury()
            }
        }
    }

    private func take(_ packet: Packet) {
        if packet.kind == Packet.Kind.lost.rawValue {
            desk.close(.leaseLost)
            for child in children.values where child.outcome == nil { child.reason = .leaseLost }
        }
        guard let child = children[packet.program] else { return }
        switch Packet.Kind(rawValue: packet.kind) {
        case .started:
            child.started(packet.first)
            if child.killTime == nil { child.answerTime = nil }
        case .refused: child.outcome = .failure(ProcessError(stage: packet.first, errno: packet.second))
        case .ended:
            let ending = Ending(status: packet.first)
            child.outcome = child.reason.map { .failure($0) } ?? .success(ending)
        default: break
        }
    }

    /// The guard is dead. Unless it went as it should, it could not kill what its programs have started.
    private func bury() {
        isConnected = false
        var status: Int32 = -1
        while unsafe waitpid(guardID, &status, 0) < 0, errno == EINTR {}
        desk.close(hasSaidEnd ? .leaseEnded : .guardLost)
        for child in children.values where child.outcome == nil {
            if status != 0, let id = child.id { ProcessTable.killProgram(id) }
            child.outcome = .failure(child.reason ?? .guardLost)
        }
        desk.finish()
    }
}

extension ProcessError {
    /// What kept a program from starting, as the guard says it.
    init(stage: Int32, errno: Int32) {
        switch (Int(stage), errno) {
        case (0, ECANCELED): self = .leaseLost
        case (RUCHE_STAGE_DIRECTORY, _):
            self.init(.noSuchPlace, "the working directory cannot be used", errno: errno)
        case (RUCHE_STAGE_PROGRAM, ENOENT), (RUCHE_STAGE_PROGRAM, ENOTDIR):
            self.init(.notFound, "the program or what it is run by is not there", errno: errno)
        case (RUCHE_STAGE_PROGRAM, EACCES), (RUCHE_STAGE_PROGRAM, ENOEXEC), (RUCHE_STAGE_PROGRAM, EPERM):
            self.init(.notExecutable, "the program cannot be executed", errno: errno)
        case (RUCHE_STAGE_PROGRAM, E2BIG): self.init(.malformed, "arguments or environment are too long", errno: errno)
        default: self.init(.failed, "the program could not be started", errno: errno)
        }
    }
}
