import Contracts
import Processes
import Runtime
import SSH

/// A server, and one shop's place on it.
struct ServerDoor: Sendable {
    let ssh: SSHConnection
    let slug: String
    let domain: String
    /// The place, from 1 on.
    let place: Int
    /// Whether commands end when the run is to end. Not so for what undoes something.
    var heedsCancellation = true

    /// The name of the place.
    var backend: String { "shop-\(place)" }

    /// The port of a slot, on the server's loopback.
    func port(_ slot: ShopDeployed.Slot) -> Int { 20_000 + 2 * (place - 1) + (slot == .blue ? 0 : 1) }

    /// The same, for what must be done whatever the run is told.
    var steadfast: ServerDoor {
        var door = self
        door.heedsCancellation = false
        return door
    }

    /// Runs a command there. Returns its lines.
    @discardableResult
    func call(
        _ words: [String], input: Program.Input = .none, timeLimit: Duration = .seconds(60)
    ) async throws(SSHError) -> [String] {
        try await ssh.call(words, input: input, timeLimit: timeLimit, heedsCancellation: heedsCancellation)
    }

    /// Lets a moment pass. On the server, so that it passes also when the run has been told to end.
    func wait() async throws(SSHError) { try await call(["sleep", "0.5"]) }
}

extension Rejection {
    /// What a fault of SSH means for a command.
    init(_ error: SSHError, _ what: String) {
        let said = error.tail.last.map { ": " + String($0.prefix(300)) } ?? ""
        switch error.code {
        case .unreachable: self = .transient("server-unreachable", "The server cannot be reached\(said)")
        case .keyRefused: self = .refused("key-refused", "The server refuses our key.")
        case .hostKeyChanged:
            self = .refused("host-key-changed", "The server shows another host key than the one that is known of it.")
        case .timedOut: self = .transient("server-hung", "\(what): the server did not come to an end in time.")
        case .lost, .cancelled: self = .transient("connection-lost", "\(what): the connection broke in the middle.")
        case .exited: self = .transient("server-failed", "\(what) failed\(said)")
        default: self = .transient("worker-failed", "\(what): \(error)")
        }
    }
}
