package import AMQP
package import Contracts
import HTTPClient
import Runtime

/// The broker's management API, for what AMQP does not tell: policies, connections, and how many messages are
/// unacknowledged. Each call is a request of ten seconds at most, and blocks its thread.
package final class Management {
    private var client: Client
    private let base: String
    private let own: Credentials?
    private let broker: AMQPURI
    let virtualHost: String

    /// Connects to nothing yet.
    ///
    /// - Parameters:
    ///   - url: `http://user:password@host:port`, or https; without a user, the broker's is asked as, with the password
    ///     that it has at each request.
    ///   - authorityFile: certificates to trust, as PEM, in place of the system's.
    ///   - broker: its virtual host is the one that is spoken of.
    /// - Throws: ``DepthError/Code/address``, without repeating the URL.
    package init(_ url: String, authorityFile: String? = nil, broker: AMQPURI) throws(DepthError) {
        do throws(ClientError) {
            let parsed = try ClientURL(url)
            base = parsed.text
            own = parsed.credentials
            var options = ClientOptions()
            options.timeout = .seconds(10)
            options.answerLimit = 16 * 1_048_576
            options.authorityFile = authorityFile
            client = try Client(options)
        } catch {
            throw DepthError(
                .address, "RABBITMQ_MANAGEMENT_URL takes http://user:password@host:port, or https://")
        }
        self.broker = broker
        virtualHost = Self.escaped(broker.virtualHost)
    }

    /// Sets a policy; the same again is no change.
    package func put(_ policy: Policy) throws(DepthError) {
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
            throw DepthError(.refused, "management: policy \(policy.name) was answered with \(answer.status)")
        }
    }

    /// Whether the broker has a policy of this name.
    ///
    /// - Throws: ``DepthError/Code/refused`` also to a user who may not see policies.
    package func has(_ policy: Policy) throws(DepthError) -> Bool {
        let status = try request("GET", path(of: policy)).status
        guard status == 200 || status == 404 else {
            throw DepthError(.refused, "management: policy \(policy.name) was answered with \(status)")
        }
        return status == 200
    }

    /// How many messages of a queue are handed out and not acknowledged. The broker counts every few seconds.
    package func unacknowledged(in queue: String) throws(DepthError) -> Int? {
        let answer = try request("GET", "/api/queues/\(virtualHost)/\(Self.escaped(queue))")
        guard answer.status == 200, case .object(let members)? = try? JSONTree(parsing: answer.body),
            case .raw(let bytes)? = members.first(where: { $0.name == "messages_unacknowledged" })?.value
        else { return nil }
        return Int(String(decoding: bytes, as: UTF8.self))
    }

    /// The same of each of our queues, by name: one request for up to 500 of them.
    package func unacknowledged() throws(DepthError) -> [String: Int] {
        let answer = try request(
            "GET",
            "/api/queues/\(virtualHost)?page=1&page_size=500&use_regex=true&name=%5Eruche%5C."
                + "&columns=name,messages_unacknowledged")
        guard answer.status == 200 else {
            throw DepthError(.refused, "management: queues were answered with \(answer.status)")
        }
        do throws(Fault) {
            var reader = JSONReader(answer.body)
            let page = try ListedQueues(reading: &reader)
            return Dictionary(page.items.map { ($0.name, $0.unacknowledged ?? 0) }, uniquingKeysWith: { $1 })
        } catch {
            throw DepthError(.answer, "management: the list of queues cannot be read")
        }
    }

    /// Whether its user may see connections.
    ///
    /// - Throws: when it cannot be asked.
    package func seesConnections() throws(DepthError) -> Bool { try listConnections().status == 200 }

    private func listConnections() throws(DepthError) -> ClientResponse {
        try request("GET", "/api/vhosts/\(virtualHost)/connections?columns=name,user_provided_name")
    }

    /// Closes connections by what their owner called them. Returns how many were closed, and why others were not. The
    /// broker tells of a connection up to five seconds after it was made.
    package func closeConnections(
        where isMeant: (String) -> Bool
    ) throws(DepthError) -> (closed: Int, failures: [DepthError]) {
        let answer = try listConnections()
        guard answer.status == 200 else {
            throw DepthError(.refused, "management: connections were answered with \(answer.status)")
        }
        var closed = 0
        var failures: [DepthError] = []
        do throws(Fault) {
            var reader = JSONReader(answer.body)
            var names: [String] = []
            try reader.enterList()
            while try reader.nextElement() {
                let connection = try ListedConnection(reading: &reader)
                if isMeant(connection.purpose ?? "") { names.append(connection.name) }
            }
            for name in names {
                do throws(DepthError) {
                    let answer = try request("DELETE", "/api/connections/\(Self.escaped(name))")
                    if answer.status == 204 { closed += 1 }
                } catch {
                    failures.append(error)
                }
            }
        } catch {
            throw DepthError(.answer, "management: the list of connections cannot be read")
        }
        return (closed, failures)
    }

    func request(_ method: String, _ path: String, body: [UInt8] = []) throws(DepthError) -> ClientResponse {
        do throws(ClientError) {
            return try client.send(
                ClientRequest(
                    method, ClientURL(base, adding: path), headers: [("Content-Type", "application/json")],
                    credentials: own ?? .basic(user: broker.username, password: broker.currentPassword), body: body))
        } catch {
            throw DepthError(error)
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

/// A page of queues as the broker lists them.
private struct ListedQueues: Message {
    var items: [ListedQueue] = []

    static let fields: FieldTable<ListedQueues> = [
        .required("items", \.items, .list(of: .message, count: 0...500), "The queues.")
    ]
}

/// A queue as the broker lists it.
private struct ListedQueue: Message {
    var name = ""
    /// Not said before the first statistics.
    var unacknowledged: Int?

    static let fields: FieldTable<ListedQueue> = [
        .required("name", \.name, .text(0 ... .max), "The queue's name."),
        .optional("messages_unacknowledged", \.unacknowledged, .integer(0 ... .max), "Handed out, not settled."),
    ]
}
