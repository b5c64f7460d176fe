import AMQP
import Contracts
import HTTPClient
import Runtime

/// The broker's management API, for what AMQP does not tell: policies, and how many messages are unacknowledged.
/// Only where `RABBITMQ_MANAGEMENT_URL` says where it is.
final class Management {
    private var client: Client
    private let base: String
    private let credentials: Credentials
    let virtualHost: String

    /// `nil` when no URL is set.
    init?(_ reach: Reach) throws(Failure) {
        var settings = Settings()
        guard let url = settings.text("RABBITMQ_MANAGEMENT_URL", secret: true) else { return nil }
        do throws(ClientError) {
            let parsed = try ClientURL(url)
            base = parsed.text
            credentials = parsed.credentials ?? .basic(user: "guest", password: "guest")
            var options = ClientOptions()
            options.timeout = .seconds(10)
            options.answerLimit = 16 * 1_048_576
            options.authorityFile = settings.text("RABBITMQ_MANAGEMENT_CA_FILE")
            client = try Client(options)
        } catch {
            throw Failure(.usage, "RABBITMQ_MANAGEMENT_URL takes http://user:password@host:port, or https://")
        }
        virtualHost = Self.escaped(try reach.resolved().amqp?.virtualHost ?? "/")
    }

    /// Sets a policy; the same again is no change.
    func put(_ policy: Policy) throws(Failure) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("pattern")
        writer.write(policy.pattern)
        writer.key("apply-to")
        writer.write("queues")
        writer.key("priority")
        writer.write(policy.priority)
        writer.key("definition")
        writer.beginObject()
        for limit in policy.limits {
            writer.key(limit.name)
            writer.write(limit.value)
        }
        writer.endObject()
        writer.endObject()
        let answer = try request("PUT", path(of: policy), body: writer.bytes)
        guard answer.status == 201 || answer.status == 204 else {
            throw Failure(.denied, "management: policy \(policy.name) was answered with \(answer.status)")
        }
    }

    /// Whether the broker has a policy of this name.
    func has(_ policy: Policy) throws(Failure) -> Bool {
        try request("GET", path(of: policy)).status == 200
    }

    /// How many messages of a queue are handed out and not acknowledged. The broker counts every few seconds.
    func unacknowledged(in queue: String) throws(Failure) -> Int? {
        let answer = try request("GET", "/api/queues/\(virtualHost)/\(Self.escaped(queue))")
        guard answer.status == 200, case .object(let members)? = try? JSONTree(parsing: answer.body),
            case .raw(let bytes)? = members.first(where: { $0.name == "messages_unacknowledged" })?.value
        else { return nil }
        return Int(String(decoding: bytes, as: UTF8.self))
    }

    /// Whether its user may see connections.
    ///
    /// - Throws: when it cannot be asked.
    func seesConnections() throws(Failure) -> Bool { try listConnections().status == 200 }

    private func listConnections() throws(Failure) -> ClientResponse {
        try request("GET", "/api/vhosts/\(virtualHost)/connections?columns=name,user_provided_name")
    }

    /// Closes connections by what their owner called them. Returns how many. The broker tells of a connection up to
    /// five seconds after it was made.
    func closeConnections(where isMeant: (String) -> Bool) throws(Failure) -> Int {
        let answer = try listConnections()
        guard answer.status == 200 else {
            throw Failure(.denied, "management: connections were answered with \(answer.status)")
        }
        var closed = 0
        do throws(Fault) {
            var reader = JSONReader(answer.body)
            var names: [String] = []
            try reader.enterList()
            while try reader.nextElement() {
                let connection = try ListedConnection(reading: &reader)
                if isMeant(connection.purpose ?? "") { names.append(connection.name) }
            }
            for name in names {
                do throws(Failure) {
                    let answer = try request("DELETE", "/api/connections/\(Self.escaped(name))")
                    if answer.status == 204 { closed += 1 }
                } catch {
                    note("ruche: \(error.lines[0])")
                }
            }
        } catch {
            throw Failure(.failure, "management: the list of connections cannot be read")
        }
        return closed
    }

    func request(_ method: String, _ path: String, body: [UInt8] = []) throws(Failure) -> ClientResponse {
        do throws(ClientError) {
            return try client.send(
                ClientRequest(
                    method, ClientURL(base, adding: path), headers: [("Content-Type", "application/json")],
                    credentials: credentials, body: body))
        } catch {
            throw Failure(error.isTransient ? .unavailable : .failure, "management: \(error.message)")
        }
    }

    private func path(of policy: Policy) -> String { "/api/policies/\(virtualHost)/\(Self.escaped(policy.name))" }

    static func escaped(_ name: String) -> String {
        name.utf8.map { byte in
            let isPlain = (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
            return isPlain || byte == 45 || byte == 46 || byte == 95
                ? String(UnicodeScalar(byte)) : "%" + Hex.text([byte]).uppercased()
        }.joined()
    }
}

/// A connection as the broker lists it.
private struct ListedConnection: Message {
    var name = ""
    var purpose: String?

    static let fields: FieldTable<ListedConnection> = [
        .required("name", \.name, .text(0 ... .max), "The broker's name of it."),
        .optional("user_provided_name", \.purpose, .text(0 ... .max), "What its owner calls it."),
    ]
}
