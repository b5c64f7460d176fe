import Contracts

/// A place in the list of servers, which runs by address: the row it names was the last that was shown.
struct ServerCursor: Hashable, Sendable, CustomStringConvertible {
    let ip: IPAddress
    let port: Int32
    let id: Int64

    init(ip: IPAddress, port: Int32, id: Int64) { (self.ip, self.port, self.id) = (ip, port, id) }

    /// Reads what ``description`` writes.
    init?(_ text: String) {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 3, let ip = IPAddress(String(parts[0])), let port = Int32(parts[1]),
            let id = Int64(parts[2])
        else { return nil }
        self.init(ip: ip, port: port, id: id)
    }

    var description: String { "\(ip)_\(port)_\(id)" }
}
