import CLinux
import Glibc

/// The guard's one thread: it starts programs, reaps them, and kills them when the worker is gone or its lease has run
/// out.
///
/// It is the subreaper of everything below: who leaves his parent, group and session becomes its child, and is killed
/// with the rest when the lease ends.
struct GuardLoop: ~Copyable {
    private struct Program {
        let number: Int32
        /// Until it is known whether the program has started.
        var report: Int32?
    }

    private var channel: Channel
    private let lease: LeaseMemory
    private let timer: Descriptor
    private let signals: Descriptor
    private var programs: [pid_t: Program] = [:]
    /// The worker is gone, or wants it to end.
    private var isEnding = false
    private var isLost = false
    private var hasChildren = false

    /// After how many milliseconds it looks again for what has not died of the last look: soon at first. What it may
    /// not kill, a program that became another user's, it asks for every second.
    private var killInterval: Int32 = firstKillInterval
    private static let firstKillInterval: Int32 = 10
    private static let lastKillInterval: Int32 = 1000

    init(
        channel: consuming Channel, lease: LeaseMemory, timer: consuming Descriptor, signals: consuming Descriptor
    ) {
        self.channel = channel
        self.lease = lease
        self.timer = timer
        self.signals = signals
    }

    /// Returns when the worker is gone and everything that it started is dead.
    mutating func run() {
        while true {
            checkLease()
            reap()
            if isEnding, !hasChildren { return }
            if isEnding || isLost, hasChildren { killAll() }
            wait()
            takePackets()
        }
    }

    /// Sleeps until there is something to do.
    private mutating func wait() {
        let reports = programs.compactMap { $0.value.report }
        // A socket whose other end is closed would wake it all the time.
        var entries = [
            pollfd(fd: isEnding ? -1 : channel.socket.number, events: channel.interest, revents: 0),
            pollfd(fd: isLost ? -1 : timer.number, events: Int16(POLLIN), revents: 0),
            pollfd(fd: signals.number, events: Int16(POLLIN), revents: 0),
        ]
        entries += reports.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let mustLook = (isEnding || isLost) && hasChildren
        let count = unsafe poll(&entries, nfds_t(entries.count), mustLook ? killInterval : -1)
        killInterval = count == 0 ? min(killInterval * 2, Self.lastKillInterval) : Self.firstKillInterval
        channel.flush()
        // Only that it came counts; who died is asked of the kernel.
        _ = signals.readAll()
        for (id, program) in programs where program.report != nil { settle(id, onlyIfKnown: true) }
    }

    /// Sets the alarm for the lease's end, or finds that it is past.
    private mutating func checkLease() {
        _ = timer.readAll()
        while !isLost, let deadline = lease.deadline {
            if BootTime.now < deadline {
                _ = ruche_set_timer(timer.number, max(1, deadline.nanoseconds))
                // A deadline that moved meanwhile is found when the alarm rings: it only ever becomes a later one.
                return
            }
            guard lease.lose(from: deadline) else { continue }
            isLost = true
            killAll()
            channel.send(Packet(.lost))
        }
    }

    private mutating func takePackets() {
        while !isEnding {
            switch channel.receive() {
            case .nothing: return
            case .end: isEnding = true
            case .packet(let packet, let attachment): take(packet, attachment)
            }
        }
    }

    private mutating func take(_ packet: Packet, _ attachment: Attachment) {
        let leader = programs.first { $0.value.number == packet.program }?.key
        switch (Packet.Kind(rawValue: packet.kind), leader) {
        case (.launch, nil): launch(packet.program, attachment.numbers)
        // Not reaped yet, so the number is still the program's. It may not have come to make its group yet; what it
        // is sent then, it gets right before its program starts.
        case (.signal, let leader?): if kill(-leader, packet.first) != 0 { kill(leader, packet.first) }
        case (.kill, let leader?):
            kill(leader, SIGKILL)
            ProcessTable.killProgram(leader)
        default: break
        }
    }

    private mutating func launch(_ number: Int32, _ files: [Int32]) {
        checkLease()
        if isLost { return channel.send(Packet(.refused, number, 0, ECANCELED)) }
        guard files.count == 4, let form = LaunchForm(Descriptor(taking: dup(files[0])).readAll()) else {
            return channel.send(Packet(.refused, number, 0, EBADMSG))
        }
        guard let pipe = try? Descriptor.pipe() else { return channel.send(Packet(.refused, number, 0, EMFILE)) }
        pipe.reading.stopBlocking()
        let id = form.launch(input: files[1], output: files[2], errors: files[3], report: pipe.writing.number)
        guard id > 0 else { return channel.send(Packet(.refused, number, 0, errno)) }
        programs[id] = Program(number: number, report: fcntl(pipe.reading.number, F_DUPFD_CLOEXEC, 0))
        hasChildren = true
    }

    /// Says whether a program has started, as soon as that is known.
    private mutating func settle(_ id: pid_t, onlyIfKnown: Bool) {
        guard let program = programs[id], let report = program.report else { return }
        var fault: (Int32, Int32) = (0, 0)
        let count = unsafe read(report, &fault, MemoryLayout.size(ofValue: fault))
        if count < 0, onlyIfKnown { return }
        close(report)
        programs[id]?.report = nil
        if count == MemoryLayout.size(ofValue: fault) {
            channel.send(Packet(.refused, program.number, fault.0, fault.1))
            programs[id] = nil
        } else {
            channel.send(Packet(.started, program.number, id))
        }
    }

    /// Buries the dead. With a program goes what it leaves behind in its session and group.
    private mutating func reap() {
        while true {
            let id = ruche_dead_child()
            hasChildren = id >= 0
            guard id > 0 else { return }
            settle(id, onlyIfKnown: false)
            // Not buried yet: nobody else can have its number.
            if programs[id] != nil { ProcessTable.killProgram(id) }
            var status: Int32 = 0
            unsafe waitpid(id, &status, 0)
            if let program = programs.removeValue(forKey: id) {
                channel.send(Packet(.ended, program.number, status))
            }
        }
    }

    private func killAll() {
        for id in programs.keys { kill(-id, SIGKILL) }
        for id in ProcessTable().descendants(of: getpid()) { kill(id, SIGKILL) }
    }
}
