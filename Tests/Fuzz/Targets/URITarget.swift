import AMQP
@testable import HTTPClient
@testable import Postgres

extension FuzzTarget {
    /// Where servers are: settings that people write.
    static let uris = FuzzTarget(
        name: "uris", summary: "URIs of broker, database and Loki: read, spelled and read again; no password is shown",
        seeds: {
            [
                "amqp://", "amqp://guest:s%3Acr%40t@a,b:5673,[::1]:1/%2F?heartbeat=5&connection_timeout=1000",
                "amqps://u@h/v?cacertfile=/ca.pem&verify=verify_none&certfile=c&keyfile=k&server_name_indication=h",
                "amqp://h/v?channel_max=65535", "AMQP://u:@h/", "postgresql://u:secret@a:1,b/db?sslmode=require",
                "host=h password='se cret' options='-c x=y\\ z'", "http://user:secret@loki:3100/a/b?c#d",
                "https://[::1]:3100", "http://127.0.0.1/", "http://localhost:80",
            ].map { Array($0.utf8) }
        },
        check: { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            try checkBroker(text)
            try checkDatabase(text)
            try checkHTTP(text)
        })

    private static func checkBroker(_ text: String) throws {
        let uri: AMQPURI
        do throws(AMQPError) { uri = try AMQPURI(parsing: text) } catch { return }
        try require(!uri.hosts.isEmpty && !uri.username.isEmpty && !uri.virtualHost.isEmpty, "all is there")
        try requireSame(try AMQPURI(parsing: spelled(uri)), uri, "spelled and read again")
        var other = uri
        other.password = "another"
        for (one, two) in [
            (uri.description, other.description), (uri.debugDescription, other.debugDescription),
            (
                "\(Mirror(reflecting: uri).children.map { "\($0)" })",
                "\(Mirror(reflecting: other).children.map { "\($0)" })"
            ),
        ] { try requireSame(one, two, "what is shown under another password") }
    }

    /// Everything that can be escaped is.
    private static func spelled(_ uri: AMQPURI) -> String {
        func escaped(_ text: String) -> String {
            text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        let hosts = uri.hosts.map { host in
            host.name.contains(":") ? "[\(escaped(host.name))]:\(host.port)" : "\(escaped(host.name)):\(host.port)"
        }
        var query = ["heartbeat=\(uri.heartbeat.components.seconds)", "channel_max=\(uri.channelMax)"]
        query.append("connection_timeout=\(uri.connectionTimeout / .milliseconds(1))".replacing(".0", with: ""))
        if let tls = uri.tls {
            query.append(tls.verify ? "verify=verify_peer" : "verify=verify_none")
            for (name, value) in [
                ("cacertfile", tls.authorities), ("certfile", tls.certificate), ("keyfile", tls.key),
                ("server_name_indication", tls.serverName),
            ] { if let value { query.append("\(name)=\(escaped(value))") } }
        }
        return "\(uri.tls == nil ? "amqp" : "amqps")://\(escaped(uri.username)):\(escaped(uri.password))@"
            + "\(hosts.joined(separator: ","))/\(escaped(uri.virtualHost))?\(query.joined(separator: "&"))"
    }

    private static func checkDatabase(_ text: String) throws {
        let settings: ConnectionSettings
        do throws(PostgresError) { settings = try ConnectionSettings(text) } catch { return }
        let keywords = settings.keywords { _ in nil }
        try requireSame(keywords.last?.0, "client_encoding", "the last word is ours")
        guard let password = try ConnectionSettings.parse(text).last(where: { $0.keyword == "password" })?.value,
            password.utf8.count >= 6
        else { return }
        let shown = try ConnectionSettings.parse(text).filter { $0.keyword != "password" }.map(\.value).joined(
            separator: " ")
        try require(
            !settings.description.contains(password)
                || "\(shown) postgres host hostaddr port dbname user".contains(password),
            "a password is shown")
    }

    private static func checkHTTP(_ text: String) throws {
        let url: ClientURL
        do throws(ClientError) { url = try ClientURL(text) } catch { return }
        let again = try ClientURL(url.text)
        try requireSame(again.text, url.text, "the URL read again")
        try require(again.credentials == nil, "no name or password is left in \(url.text)")
        try require(!url.text.utf8.contains { $0 <= 0x20 }, "a URL has no blanks")
        try requireSame(again.isOpen, url.isOpen, "whether it can be read on its way")
        let added = try ClientURL(url.text, adding: "/loki/api/v1/push")
        try require(added.text.contains("/loki/api/v1/push"), "the path of \(added.text)")
    }
}
