import CLinux
import Glibc

/// What worker and guard say to each other.
struct Packet: BitwiseCopyable {
    enum Kind: Int32 {
        /// To the guard: start the program that the first descriptor describes; input, output and errors follow.
        case launch
        /// To the guard: send the signal `first` to the program's group.
        case signal
        /// To the guard: kill the program and all that belongs to it.
        case kill
        /// From the guard: the program runs, as process `first`.
        case started
        /// From the guard: the program could not be started; the stage and `errno`.
        case refused
        /// From the guard: the program ended, with the status `first` as `wait` has it.
        case ended
        /// From the guard: the lease ran out, and everything is being killed.
        case lost
    }

    var kind: Int32
    /// The number of the program under this lease.
    var program: Int32
    var first: Int32
    var second: Int32

    init(_ kind: Kind, _ program: Int32 = 0, _ first: Int32 = 0, _ second: Int32 = 0) {
        (self.kind, self.program, self.first, self.second) = (kind.rawValue, program, first, second)
    }
}

/// The descriptors that go with a packet, closed when it has been sent.
final class Attachment: Sendable {
    let numbers: [Int32]

    init(taking numbers: [Int32]) { self.numbers = numbers }

    deinit { for number in numbers { close(number) } }
}

/// One end of the socket between worker and guard. Neither ever blocks on it: what the other does not take yet waits.
struct Channel: ~Copyable {
    enum Received {
        case packet(Packet, Attachment)
        case nothing
        case end
    }

    let socket: Descriptor
    private var outbox: [(packet: Packet, attachment: Attachment?)] = []

    init(_ socket: consuming Descriptor) { self.socket = socket }

    /// What `poll` is to wait for.
    var interest: Int16 { Int16(POLLIN) | (outbox.isEmpty ? 0 : Int16(POLLOUT)) }

    /// Sends a packet now, or when the other has made room.
    mutating func send(_ packet: Packet, _ attachment: Attachment? = nil) {
        outbox.append((packet, attachment))
        flush()
    }

    /// Sends what waits, as far as there is room. What nobody is left to take is dropped.
    mutating func flush() {
        while let (packet, attachment) = outbox.first {
            var packet = packet
            let numbers = attachment?.numbers ?? []
            let count = unsafe ruche_send(
                socket.number, &packet, MemoryLayout<Packet>.size, numbers, Int32(numbers.count))
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN || errno == ENOBUFS || errno == ETOOMANYREFS { return }
            if count < 0 { return outbox.removeAll() }
            outbox.removeFirst()
        }
    }

    /// The next packet, if there is one.
    func receive() -> Received {
        var packet = Packet(.lost)
        var numbers = [Int32](repeating: -1, count: Int(RUCHE_DESCRIPTORS))
        var count: Int32 = 0
        while true {
            let size = unsafe ruche_receive(
                socket.number, &packet, MemoryLayout<Packet>.size, &numbers, &count)
            if size < 0, errno == EINTR { continue }
            if size < 0, errno == EAGAIN { return .nothing }
            guard size == MemoryLayout<Packet>.size else { return .end }
            return .packet(packet, Attachment(taking: Array(numbers.prefix(Int(count)))))
        }
    }
}
