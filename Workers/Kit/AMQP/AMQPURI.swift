/// Where the broker is and how to log in: `amqp[s]://user:password@host:port,host:port/vhost?parameters`.
///
/// Parameters are those of RabbitMQ's URI specification: `heartbeat` (seconds), `connection_timeout` (milliseconds),
/// `channel_max`, and with `amqps` also `cacertfile`, `certfile`, `keyfile`, `verify` (`verify_peer`, `verify_none`)
/// and `server_name_indication`. An unknown parameter is an error: a misspelt one would otherwise be lost in silence.
public struct AMQPURI: Hashable, Sendable {
    /// One address of the broker.
    public struct Host: Hashable, Sendable, CustomStringConvertible {
        /// A name or an address; IPv6 without brackets.
        public var name: String
        /// The TCP port.
        public var port: UInt16

        /// One address of the broker.
        public init(name: String, port: UInt16) {
            self.name = name
            self.port = port
        }

        /// `name:port`, with brackets around an IPv6 address.
        public var description: String { name.contains(":") ? "[\(name)]:\(port)" : "\(name):\(port)" }
    }

    /// How an `amqps` connection is protected. TLS 1.2 is the least that is accepted.
    public struct TLS: Hashable, Sendable {
        /// The PEM file of the authorities to trust; without one, Debian's own bundle.
        public var authorities: String?
        /// The PEM file of the client's certificate.
        public var certificate: String?
        /// The PEM file of the client's key.
        public var key: String?
        /// Whether the broker's certificate and name are verified. librabbitmq 0.11 compares names only: a host that is
        /// an address is refused even when the certificate lists that address.
        public var verify: Bool
        /// The name asked for and verified. librabbitmq always uses the host's own name, so it must equal every host.
        public var serverName: String?

        /// How an `amqps` connection is protected.
        public init(
            authorities: String? = nil, certificate: String? = nil, key: String? = nil, verify: Bool = true,
            serverName: String? = nil
        ) {
            self.authorities = authorities
            self.certificate = certificate
            self.key = key
            self.verify = verify
            self.serverName = serverName
        }
    }

    /// Where a password is asked for at each login, so that it can be changed while a process runs. Equal by name.
    public struct PasswordSource: Hashable, Sendable {
        private let name: String
        private let read: @Sendable () -> String?

        /// - Parameters:
        ///   - name: what tells sources apart.
        ///   - read: the password, or `nil` when there is none to be had now; called on the connection's thread.
        public init(_ name: String, read: @escaping @Sendable () -> String?) {
            self.name = name
            self.read = read
        }

        /// The password as it is now.
        public var current: String? { read() }

        /// Whether both have the same name.
        public static func == (one: PasswordSource, other: PasswordSource) -> Bool { one.name == other.name }

        /// Hashes the name.
        public func hash(into hasher: inout Hasher) { hasher.combine(name) }
    }

    /// The addresses, tried in turn; never empty.
    public var hosts: [Host]
    /// The user name.
    public var username: String
    /// The password.
    public var password: String
    /// Set it when the secret comes from a file of its own; ``password`` serves when it has none.
    public var passwordSource: PasswordSource?
    /// What to log in with now.
    public var currentPassword: String { passwordSource?.current ?? password }
    /// The virtual host; `/` when the URI names none.
    public var virtualHost: String
    /// Set for `amqps`.
    public var tls: TLS?
    /// How often both sides show that they live; two missed ones end the connection. Whole seconds; zero switches it
    /// off.
    public var heartbeat: Duration
    /// The longest time for TCP, TLS and login together, for each host. Resolving its name comes on top.
    public var connectionTimeout: Duration
    /// The most channels a connection may have; 0 leaves it to the broker.
    public var channelMax: UInt16
}

extension AMQPURI: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The URI without its password and parameters.
    public var description: String {
        let scheme = tls == nil ? "amqp" : "amqps"
        let list = hosts.map(\.description).joined(separator: ",")
        return "\(scheme)://\(username):***@\(list)/\(virtualHost == "/" ? "" : virtualHost)"
    }

    /// The same as `description`.
    public var debugDescription: String { description }

    /// A mirror without the password.
    public var customMirror: Mirror { Mirror(self, children: ["uri": description]) }
}
