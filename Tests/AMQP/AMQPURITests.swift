import AMQP
import Testing

@Suite("A connection URI")
struct AMQPURITests {
    @Test(
        "names the virtual host",
        arguments: [
            ("amqp://h", "/"), ("amqp://h/", "/"), ("amqp://h/%2F", "/"), ("amqp://h/%2f", "/"), ("amqp://h/a", "a"),
            ("amqp://h/a%2Fb", "a/b"), ("amqp://h/%20", " "), ("amqp://h/r%C3%BCche", "rüche"),
        ])
    func virtualHost(text: String, expected: String) throws {
        #expect(try AMQPURI(parsing: text).virtualHost == expected)
    }

    @Test(
        "lists hosts with their ports",
        arguments: [
            ("amqp://", ["localhost:5672"]), ("amqp://a", ["a:5672"]), ("amqps://a", ["a:5671"]),
            ("amqp://a:1", ["a:1"]), ("amqp://a,b:2,c", ["a:5672", "b:2", "c:5672"]),
            ("amqp://[::1]", ["[::1]:5672"]), ("amqp://[::1]:7,b", ["[::1]:7", "b:5672"]),
            ("amqp://u:p@a,b", ["a:5672", "b:5672"]),
        ])
    func hosts(text: String, expected: [String]) throws {
        #expect(try AMQPURI(parsing: text).hosts.map(\.description) == expected)
    }

    @Test(
        "decodes the credentials",
        arguments: [
            ("amqp://h", "guest", "guest"), ("amqp://u@h", "u", ""), ("amqp://u:@h", "u", ""),
            ("amqp://u:p@h", "u", "p"), ("amqp://u:p:q@h", "u", "p:q"), ("amqp://u%40x:p%2Fq%3F@h", "u@x", "p/q?"),
        ])
    func credentials(text: String, username: String, password: String) throws {
        let uri = try AMQPURI(parsing: text)
        #expect(uri.username == username)
        #expect(uri.password == password)
    }

    @Test("has defaults")
    func defaults() throws {
        let uri = try AMQPURI(parsing: "amqp://h")
        #expect(uri.heartbeat == .seconds(10))
        #expect(uri.connectionTimeout == .seconds(10))
        #expect(uri.channelMax == 0)
        #expect(uri.tls == nil)
    }

    @Test("takes parameters in RabbitMQ's units")
    func parameters() throws {
        let uri = try AMQPURI(parsing: "amqp://h/v?heartbeat=30&connection_timeout=2500&channel_max=16")
        #expect(uri.heartbeat == .seconds(30))
        #expect(uri.connectionTimeout == .milliseconds(2500))
        #expect(uri.channelMax == 16)
    }

    @Test("takes TLS parameters with amqps")
    func tlsParameters() throws {
        let uri = try AMQPURI(
            parsing: "amqps://h?cacertfile=%2Fca&certfile=/c&keyfile=/k&verify=verify_none&server_name_indication=h")
        #expect(
            uri.tls
                == AMQPURI.TLS(authorities: "/ca", certificate: "/c", key: "/k", verify: false, serverName: "h"))
        #expect(try AMQPURI(parsing: "amqps://h").tls == AMQPURI.TLS())
    }

    @Test(
        "is refused when it cannot be meant",
        arguments: [
            ("", "amqp://"), ("http://h", "amqp://"), ("h:5672", "amqp://"), ("amqp://h/a/b", "one segment"),
            ("amqp://h:0", "port"), ("amqp://h:65536", "port"), ("amqp://h:x", "port"), ("amqp://h:", "port"),
            ("amqp://a,,b", "host is empty"), ("amqp://::1", "brackets"), ("amqp://[::1", "]"), ("amqp://[::1]x", "]"),
            ("amqp://@h", "user name"), ("amqp://h/%zz", "virtual host"), ("amqp://h/%", "virtual host"),
            ("amqp://h/%00", "virtual host"), ("amqp://h/%ff", "virtual host"), ("amqp://h/v#x", "fragment"),
            ("amqp://h?hartbeat=1", "unknown parameter hartbeat"), ("amqp://h?heartbeat", "heartbeat has no value"),
            ("amqp://h?heartbeat=-1", "heartbeat must be"), ("amqp://h?heartbeat=1s", "heartbeat must be"),
            ("amqp://h?channel_max=70000", "channel_max must be"), ("amqp://h?connection_timeout=0", "must be"),
            ("amqp://h?cacertfile=/ca", "needs amqps"), ("amqps://h?verify=no", "verify_peer"),
            ("amqps://h?certfile=/c", "belong together"),
            ("amqps://h?server_name_indication=x", "server_name_indication"),
        ])
    func refused(text: String, reason: String) throws {
        let error = try #require(throws: AMQPError.self) { try AMQPURI(parsing: text) }
        #expect(error.code == .invalidURI)
        #expect(!error.isTransient)
        #expect(error.message.contains(reason), "\(error)")
    }

    @Test("never shows its password", arguments: ["amqp://u:s3cret@h/v", "amqps://u:s3cret@a,b:7?heartbeat=1"])
    func redaction(text: String) throws {
        let uri = try AMQPURI(parsing: text)
        var dumped = ""
        dump(uri, to: &dumped)
        for shown in ["\(uri)", String(reflecting: uri), dumped, "\([uri])"] { #expect(!shown.contains("s3cret")) }
        #expect("\(uri)".contains("u:***@"))
    }

    @Test(
        "does not show a password in the error either",
        arguments: ["amqp://u:s3/cret@h/v", "amqp://u:s3?cret=1@h/v", "amqp://u:s3cret%@h", "amqp://u:s3#cret@h"])
    func redactedErrors(text: String) throws {
        let error = try #require(throws: AMQPError.self) { try AMQPURI(parsing: text) }
        #expect(!"\(error)".contains("cret"))
    }
}
