import Contracts
import Foundation
import Glibc
import TestSupport
import Testing

/// `ruche autoscale --actuator compose` on a real Docker engine, that of `DOCKER_HOST`. The containers only sleep; the
/// commands are done by one real worker beside them.
@Suite(.servers, .enabled(if: TestServers.isFull && ComposeProject.isPossible)) struct AutoscaleDockerTests {
    @Test func containersOfAProjectComeAndGo() throws {
        try withCluster { cluster in
            let project = try ComposeProject(cluster)
            defer { project.remove() }
            let first = try #require(try project.containers().first)
            let proxy = try TCPProxy(url: cluster.environment["DATABASE_URL"]!)
            proxy.inflict(.delayed(milliseconds: 10))
            defer { proxy.close() }
            try cluster.start(
                "lease-ip",
                [
                    "DATABASE_URL": try proxy.url(cluster.environment["DATABASE_URL"]!), "PREFETCH": "1",
                    "CONCURRENCY": "1",
                ])
            let load = try Load(cluster)
            for number in 0..<300 { try load.publish(LeaseIP(holder: "h"), id: "burst-\(number)") }
            try load.settle()
            let autoscale = try cluster.launch(
                "ruche", ["DOCKER_HOST": ComposeProject.host],
                arguments: [
                    "autoscale", "lease-ip=0:4:1s", "--actuator", "compose", "--project", project.name, "--every",
                    "500ms",
                    "--stabilisation", "2s", "-o", "jsonl",
                ])

            try eventually("there are four containers") { try project.containers().count { $0.isRunning } == 4 }
            let four = try project.containers()
            #expect(Set(four.map(\.number)) == [1, 2, 3, 4])
            #expect(
                Set(four.map(\.name))
                    == Set((1...4).map { "\(project.name)\(project.separator)lease-ip\(project.separator)\($0)" }))
            #expect(Set(four.map(\.hostName)).count == 4, "each has a name of its own")
            #expect(Set(four.map(\.likeness)).count == 1, "but for that they are alike")
            // compose takes them for its own: it neither makes nor removes any.
            try project.compose("up", "-d", "--scale", "lease-ip=4", "lease-ip")
            #expect(try Set(project.containers().map(\.id)) == Set(four.map(\.id)))

            // When everything is done there is none; the last one stays, stopped, for the next to be made from.
            try eventually("the containers are gone") {
                let all = try project.containers()
                return all.count == 1 && !all[0].isRunning
            }
            #expect(try project.containers()[0].id == first.id, "the highest numbers go first")
            // Another connection: nobody has kept up the first one's heartbeats.
            let more = try Load(cluster)
            for number in 0..<301 { try more.publish(LeaseIP(holder: "h"), id: "again-\(number)") }
            try more.settle()
            try eventually("it runs again") { try project.containers().contains { $0.id == first.id && $0.isRunning } }
            #expect(autoscale.terminate() == 143)
            #expect(!autoscale.output.contains(#""error":""#), "\(autoscale.output)")
        }
    }
}

/// A compose project of a test's own, of one service, on an image with nothing but a program that sleeps.
private struct ComposeProject {
    struct Container {
        let id: String
        let name: String
        let number: Int
        let isRunning: Bool
        let hostName: String
        /// Everything that replicas have in common.
        let likeness: String
    }

    /// The engine that the environment names, else one of this run's own.
    static let host: String = {
        let own = ProcessInfo.processInfo.environment
        if let host = own["DOCKER_HOST"] { return host }
        guard let state = own["RUCHE_TEST_ENGINE"] else { return "unix:///var/run/docker.sock" }
        let script = Checkout.path("scripts/lib/engine")
        // Through `system`: Foundation's `Process` waits for everything that inherits its socket, and an engine does.
        _ = unsafe system("'\(script)' start '\(state)' > /dev/null 2>&1 < /dev/null")
        let said = try? FinishedProcess(path: script, arguments: ["env", state], environment: own)
        return said?.output.split(separator: "=", maxSplits: 1).last?.trimmingCharacters(in: .newlines) ?? ""
    }()
    /// Whether an engine answers, and a compose of either version is there.
    static let isPossible = (try? run(["docker", "version"]))?.status == 0 && program != nil
    /// `docker compose` where it is, else docker-compose.
    private static let program = [["docker", "compose"], ["docker-compose"]].first {
        (try? run($0 + ["version"]))?.status == 0
    }
    private static let image = "ruche-sleeper:test"

    let name: String
    private let directory: String

    /// Starts it with one container.
    init(_ cluster: Cluster) throws {
        name = cluster.name.replacing("_", with: "")
        directory = cluster.directory + "/project"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let made = try Self.run([
            "sh", "-c",
            """
            libraries=$(ldd /bin/sleep | grep -o '/[^ :]*' | sed 's,^/,,')
            tar -chf - -C / bin/sleep $libraries | docker import - \(Self.image)
            """,
        ])
        guard made.status == 0 else { throw TestFailure("docker import: \(made.errors)") }
        try """
        version: "3.8"
        services:
          lease-ip:
            image: \(Self.image)
            read_only: true
            user: "10001:10001"
            cap_drop: [ALL]
            restart: unless-stopped
            stop_grace_period: 1s
            networks: [backend, other]
            environment: {NAME: value}
            volumes: ["data:/data:ro", "./compose.yaml:/etc/compose.yaml:ro"]
            entrypoint: [/bin/sleep, "1000000"]
            deploy: {resources: {limits: {cpus: "0.1", memory: 32M}}}
        networks: {backend: {}, other: {}}
        volumes: {data: {}}
        """.write(toFile: directory + "/compose.yaml", atomically: true, encoding: .utf8)
        try compose("up", "-d")
    }

    /// What stands between the parts of a container's name: an underscore in version 1.
    var separator: String { Self.program?.count == 1 ? "_" : "-" }

    func compose(_ words: String...) throws {
        let result = try Self.run(
            (Self.program ?? []) + ["-p", name, "-f", directory + "/compose.yaml"] + words)
        guard result.status == 0 else { throw TestFailure("compose \(words): \(result.errors)") }
    }

    /// Those that there are, in any state.
    func containers() throws -> [Container] {
        let ids = try Self.run(["docker", "ps", "-aq", "--filter", "label=com.docker.compose.project=\(name)"])
        let words = ids.output.split(whereSeparator: \.isWhitespace).map(String.init)
        guard !words.isEmpty else { return [] }
        let result = try Self.run(["docker", "inspect"] + words)
        // One that is removed meanwhile is left out.
        let list = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]] ?? []
        return list.compactMap(Self.container)
    }

    func remove() {
        try? compose("down", "-v", "-t", "1")
        _ = try? Self.run(["docker", "rmi", Self.image])
    }

    private static func container(_ entry: [String: Any]) -> Container? {
        guard let id = entry["Id"] as? String, let name = entry["Name"] as? String,
            var config = entry["Config"] as? [String: Any], var labels = config["Labels"] as? [String: String],
            let networks = (entry["NetworkSettings"] as? [String: Any])?["Networks"] as? [String: [String: Any]],
            let state = entry["State"] as? [String: Any], let host = entry["HostConfig"] as? [String: Any]
        else { return nil }
        let hostName = config.removeValue(forKey: "Hostname") as? String ?? ""
        let number = labels.removeValue(forKey: "com.docker.compose.container-number").flatMap(Int.init) ?? 0
        config["Labels"] = labels
        let aliases = networks.mapValues { network in
            (network["Aliases"] as? [String] ?? []).filter { !id.hasPrefix($0) && "/\($0)" != name }.sorted()
        }
        let common: [Any] = [config, host, aliases, entry["Image"] as? String ?? ""]
        let data = (try? JSONSerialization.data(withJSONObject: common, options: .sortedKeys)) ?? Data()
        return Container(
            id: id, name: String(name.dropFirst()), number: number, isRunning: state["Running"] as? Bool ?? false,
            hostName: hostName, likeness: String(decoding: data, as: UTF8.self))
    }

    private static func run(_ words: [String]) throws -> FinishedProcess {
        var environment = ProcessInfo.processInfo.environment
        environment["DOCKER_HOST"] = host
        return try FinishedProcess(path: "/usr/bin/env", arguments: words, environment: environment)
    }
}
