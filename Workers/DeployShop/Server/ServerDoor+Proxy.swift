import Contracts
import Processes
import Runtime
import SSH

/// The proxy of the server, through its socket: no connection is closed by it.
extension ServerDoor {
    private static let socket = "UNIX-CONNECT:/run/haproxy/admin.sock"
    private static let map = "/var/lib/ruche-proxy/shops.map"

    /// A command and its answer. The words are ours, but for a domain, which is one by its type.
    private func ask(_ command: String) async throws(Rejection) -> [String] {
        do throws(SSHError) {
            return try await call(["socat", "-t", "5", "-", Self.socket], input: .bytes(Array("\(command)\n".utf8)))
        } catch {
            throw Rejection(error, "Asking the proxy")
        }
    }

    /// Changes something.
    private func tell(_ command: String) async throws(Rejection) {
        if let complaint = ProxyAnswer.complaint(try await ask(command)) {
            throw .refused("proxy-refused", "The proxy refuses: \(complaint)")
        }
    }

    /// How the slots stand.
    func slots() async throws(Rejection) -> [ShopDeployed.Slot: ProxyAnswer.SlotState] {
        let slots = ProxyAnswer.slots(try await ask("show servers state \(backend)"))
        guard slots.count == 2 else {
            throw .refused("proxy-refused", "The proxy has no place of the name \(backend).")
        }
        return slots
    }

    /// Opens, drains or closes a slot.
    func set(_ slot: ShopDeployed.Slot, _ state: ProxyAnswer.SlotState) async throws(Rejection) {
        try await tell("set server \(backend)/\(slot.rawValue) state \(state)")
    }

    /// Has the shop's name lead to its place.
    func enter() async throws(Rejection) {
        switch ProxyAnswer.places(of: domain, try await ask("show map \(Self.map)")) {
        case []: try await tell("add map \(Self.map) \(domain) \(backend)")
        case [backend]: return
        default: try await tell("set map \(Self.map) \(domain) \(backend)")
        }
    }

    /// Has the shop's name lead nowhere.
    func withdraw() async throws(Rejection) {
        // What leads to another place is not this shop's.
        let places = ProxyAnswer.places(of: domain, try await ask("show map \(Self.map)"))
        if places.contains(backend) { try await tell("del map \(Self.map) \(domain)") }
    }

    /// Keeps it all for the proxy's next start.
    func saveProxy() async throws(Rejection) {
        do throws(SSHError) { try await call(["sudo", "-n", "ruche-proxy-state"]) } catch {
            throw Rejection(error, "Saving the proxy's state")
        }
    }

    /// Waits until a slot has no request in hand, or as long as those may take who are served there.
    func drain(_ slot: ShopDeployed.Slot, upTo patience: Duration) async throws(Rejection) {
        let end = ContinuousClock.now + patience
        while ContinuousClock.now < end {
            let lines = try await ask("show stat \(backend) 4 -1")
            guard let sessions = ProxyAnswer.sessions(of: slot, lines), sessions > 0 else { return }
            do throws(SSHError) { try await wait() } catch { throw Rejection(error, "Draining") }
        }
    }

    /// Closes a slot once nobody is served there.
    func close(_ slot: ShopDeployed.Slot, upTo patience: Duration) async throws(Rejection) {
        if try await slots()[slot] == .maint { return }
        try await set(slot, .drain)
        try await drain(slot, upTo: patience)
        try await set(slot, .maint)
    }
}
