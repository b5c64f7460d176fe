import AMQP
import Books
import Contracts
import Foundation
import Glibc
import Postgres
import TestSupport
import Testing

/// A cluster in containers, brought up by `scripts/up --debian` as its users do, under a name of its own. Its broker
/// and its database are published on a loopback address, for the test's producer and books.
struct ComposeScene {
    /// The executables that are told to end and are started again.
    static let processes = Catalogue.executables.map(\.name) + ["relay"]
    /// Those that open servers.
    static let fleet: Set = ["init-server", "deploy-shop"]

    let project: String
    let directory: String
    /// Files of `compose/` that are laid over.
    private let overlays: [String]
    /// The services that are brokers, and those that are databases.
    let brokers: [String]
    let databases: [String]
    private let environment: [String: String]
    private var override: String { directory + "/publish.yaml" }
    private var log: String { directory + "/up.log" }

    /// Nothing is started yet.
    init(_ overlays: [String] = []) throws {
        self.overlays = overlays
        brokers =
            ["rabbitmq"] + (overlays.contains("rabbitmq-cluster.yaml") ? ["rabbitmq-2", "rabbitmq-3"] : [])
        databases = ["postgres"] + (overlays.contains("postgres-standby.yaml") ? ["postgres-standby"] : [])
        project = "ruche-\(TestServers.uniqueName("t").prefix(12))".replacing("_", with: "-")
        directory = NSTemporaryDirectory() + "/" + project
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        var own = ProcessInfo.processInfo.environment
        own["COMPOSE_PROJECT_NAME"] = project
        own["RUCHE_TAG"] = project
        own["RUCHE_SECRETS"] = directory + "/secrets"
        if let engine = own["RUCHE_TEST_ENGINE"] { own["RUCHE_ENGINE"] = engine }
        environment = own
        var lines = ["services:"]
        for (services, port) in [(brokers, 5672), (databases, 5432)] {
            for (address, service) in zip(Self.addresses, services) {
                lines.append("  \(service): {ports: [\"\(address):\(port):\(port)\"]}")
            }
        }
        try (lines.joined(separator: "\n") + "\n").write(toFile: override, atomically: true, encoding: .utf8)
    }

    /// Where the first, the second and the third server of a kind are published.
    private static let addresses = (10...12).map { "127.0.\($0).\(getpid() % 250 + 1)" }

    /// Brings it up, or changes it. Returns what the script said.
    ///
    /// Through `system`: Foundation's `Process` waits for everything that inherits its socket, and an engine does.
    @discardableResult
    func up(_ words: String...) throws -> String {
        let files = overlays.map { Checkout.path("compose/\($0)") } + [override]
        let line = (["--debian"] + files.flatMap { ["--file", $0] } + words).map { "'\($0)'" }.joined(separator: " ")
        let names = ["COMPOSE_PROJECT_NAME", "RUCHE_TAG", "RUCHE_SECRETS", "RUCHE_ENGINE"]
        let settings = names.compactMap { name in environment[name].map { "\(name)='\($0)'" } }.joined(separator: " ")
        let status = unsafe system(
            "env \(settings) '\(Checkout.path("scripts/up"))' \(line) > '\(log)' 2>&1 < /dev/null")
        let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        guard status == 0 else { throw TestFailure("scripts/up \(line): \(status)\n\(said.suffix(4000))") }
        return said
    }

    /// Ends it with everything that it left: containers, volumes, networks, images, the engine if it is the test's own.
    func remove() {
        _ = try? up("--wipe")
        // By their names: others may have the same image under a name of their own.
        let names = try? docker(
            "images", "--filter", "reference=*:\(project)", "--format", "{{.Repository}}:{{.Tag}}")
        for name in (names ?? "").split(whereSeparator: \.isNewline) { _ = try? docker("rmi", String(name)) }
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Docker's client. Returns what it printed.
    @discardableResult
    func docker(_ words: String...) throws -> String { try docker(words) }

    /// The engine that the environment names, else one of this run's own, else the machine's.
    private func host() throws -> String? {
        if let named = environment["DOCKER_HOST"] { return named }
        guard let engine = environment["RUCHE_TEST_ENGINE"] else { return nil }
        let said = try FinishedProcess(
            path: Checkout.path("scripts/lib/engine"), arguments: ["env", engine], environment: environment)
        guard said.status == 0 else { return nil }
        return said.output.split(separator: "=", maxSplits: 1).last?.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The path of the engine's socket.
    func socket() throws -> String {
        guard let host = try host(), let range = host.range(of: "unix://") else { return "/var/run/docker.sock" }
        return String(host[range.upperBound...])
    }

    /// The same.
    func docker(_ words: [String]) throws -> String { try run(["docker"] + words) }

    /// Runs a script of `compose/`, as operators do. Returns what it said.
    @discardableResult
    func operate(_ script: String, _ words: String...) throws -> String {
        try run([Checkout.path("compose/\(script)")] + words)
    }

    /// Runs a program that speaks to the engine. Returns what it printed.
    private func run(_ words: [String]) throws -> String {
        let result = try finished(words)
        guard result.status == 0 else { throw TestFailure("\(words): \(result.errors)") }
        return result.output
    }

    /// The same, however it ends.
    func finished(_ words: [String]) throws -> FinishedProcess {
        var own = environment
        if let host = try host() { own["DOCKER_HOST"] = host }
        return try FinishedProcess(path: "/usr/bin/env", arguments: words, environment: own)
    }

    /// The containers of a service; of all, without one.
    func containers(_ service: String? = nil, all: Bool = false) throws -> [String] {
        var words = ["ps", "--quiet", "--filter", "label=com.docker.compose.project=\(project)"]
        if all { words.append("--all") }
        if let service { words += ["--filter", "label=com.docker.compose.service=\(service)"] }
        return try docker(words).split(separator: "\n").map(String.init).sorted()
    }

    /// Runs `ruche` where operators do. Returns what it printed.
    func ruche(_ words: String...) throws -> String { try docker(["exec", toolbox(), "ruche"] + words) }

    /// The container where operators are.
    func toolbox() throws -> String {
        guard let toolbox = try containers("toolbox").first else { throw TestFailure("no toolbox runs") }
        return toolbox
    }

    /// Waits until nothing is unhealthy.
    func awaitHealth() throws {
        try eventually("everything is healthy", within: 180) {
            let states = try docker(
                ["inspect", "--format", "{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{end}}"]
                    + containers(all: true)
            ).split(separator: "\n")
            return states.allSatisfy { ["exited ", "running ", "running healthy"].contains($0) }
        }
    }

    private func secret(_ name: String) throws -> String {
        try String(contentsOfFile: "\(directory)/secrets/\(name)", encoding: .utf8).trimmingCharacters(in: .newlines)
    }

    /// The broker, from outside, as its owner or as the user of a process.
    func brokerURI(_ process: String? = nil) throws -> AMQPURI {
        try AMQPURI(parsing: brokerURL(process))
    }

    /// Its address, as processes have it.
    func brokerURL(_ process: String? = nil) throws -> String {
        try "amqp://\(login(process, "amqp"))@\(hosts(brokers, 5672))/%2F?heartbeat=10"
    }

    /// A connection to the broker, for one thread.
    func broker() throws -> AMQP.Connection { try AMQP.Connection.open(brokerURI(), name: "compose test") }

    /// A connection to the database, for one thread.
    func database() throws -> Postgres.Connection { try Postgres.Connection.open(databaseSettings()) }

    /// The database, from outside, as its owner or as the role of a process.
    func databaseSettings(_ process: String? = nil) throws -> ConnectionSettings {
        try ConnectionSettings(databaseURL(process))
    }

    /// Its address, as processes have it.
    func databaseURL(_ process: String? = nil) throws -> String {
        try "postgresql://\(login(process, "database"))@\(hosts(databases, 5432))/ruche?target_session_attrs=read-write"
    }

    private func hosts(_ services: [String], _ port: Int) -> String {
        zip(Self.addresses, services).map { "\($0.0):\(port)" }.joined(separator: ",")
    }

    private func login(_ process: String?, _ server: String) throws -> String {
        guard let process else { return "ruche:\(try secret("\(server)_password"))" }
        let user = "ruche_" + process.replacing("-", with: "_")
        return "\(user):\(try secret("\(process)_\(server)_password"))"
    }
}

/// Runs `body` with a cluster in containers, and removes it whatever happens.
func withComposeScene<R>(_ overlays: String..., body: (ComposeScene) throws -> R) throws -> R {
    let scene = try ComposeScene(overlays)
    defer { scene.remove() }
    return try body(scene)
}

extension Trait where Self == ConditionTrait {
    /// Makes images and runs the cluster in them, which takes minutes.
    static var containers: Self {
        .enabled(
            if: TestServers.isFull || ProcessInfo.processInfo.environment["RUCHE_TEST_COMPOSE"] != nil,
            "makes images for minutes: scripts/test --full, or --filter with the suite's name")
    }
}
