import Foundation
import TestSupport
import Testing

/// What is said of the cluster in compose.yaml: by both editions of compose, and by rules of our own.
@Suite struct ComposeFileTests {
    private func python(_ arguments: [String]) throws -> FinishedProcess {
        let python = try #require(ComposeFiles.python, "RUCHE_TEST_PYTHON is not set")
        return try FinishedProcess(
            path: python, arguments: arguments, environment: ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent"])
    }

    private func document(_ name: String) throws -> [String: Any] {
        let said = try python([Checkout.path("Tests/Interop/compose_services.py"), ComposeFiles.path(name)])
        return try #require(
            JSONSerialization.jsonObject(with: Data(said.output.utf8)) as? [String: Any], "\(said.errors)")
    }

    private func services(_ name: String = "compose.yaml") throws -> [String: [String: Any]] {
        try #require(document(name)["services"] as? [String: [String: Any]])
    }

    @Test(.composePython)
    func theFilesFitTheSpecification() throws {
        let said = try python(
            ["-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
                + ComposeFiles.all.map(ComposeFiles.path))
        #expect(said.status == 0, "\(said.output)\(said.errors)")
    }

    @Test(
        .enabled(if: ComposeFiles.hasDebiansCompose, "needs docker-compose 1.29.2"),
        arguments: [
            ["compose.yaml"], ["compose.yaml", "debian.yaml"], ["compose.yaml"] + ComposeFiles.overlays,
            ComposeFiles.all,
        ], ["", "observability,dev"])
    func debiansComposeTakesThem(_ files: [String], profiles: String) throws {
        let said = try FinishedProcess(
            path: ComposeFiles.debiansCompose,
            arguments: files.flatMap { ["-f", ComposeFiles.path($0)] } + ["config", "-q"],
            environment: ["PATH": "/usr/bin:/bin", "COMPOSE_PROFILES": profiles])
        #expect(said.status == 0, "\(said.errors)")
        #expect(!said.errors.contains("WARNING"), "\(said.errors)")
    }

    @Test(.composePython)
    func everyWorkerOfThePackageIsAService() throws {
        let said = try FinishedProcess(
            path: "/bin/bash",
            arguments: [
                "-c", "cd '\(Checkout.path("scripts/lib"))' && . ./common.sh && . ./processes.sh && worker_names",
            ], environment: ["PATH": "/usr/bin:/bin"])
        let workers = said.output.split(separator: "\n").map(String.init)
        let services = try services()
        #expect(workers.contains("lease-ip"))
        for worker in workers + ["relay"] {
            let service = try #require(services[worker], "\(worker) has a service")
            #expect(service["entrypoint"] as? [String] == [worker])
        }
    }

    /// Each process logs in as a user of its own and knows its own passwords; only `migrate` has the owner's.
    @Test(.composePython)
    func everyProcessHasItsOwnSecretsAndNoOthers() throws {
        let document = try document("compose.yaml")
        let services = try #require(document["services"] as? [String: [String: Any]])
        let passwords = try #require(document["secrets"] as? [String: Any]).keys.filter {
            $0.hasSuffix("amqp_password") || $0.hasSuffix("database_password")
        }
        for (name, service) in services {
            let secrets = secrets(of: service)
            let environment = service["environment"] as? [String: String] ?? [:]
            guard (service["image"] as? String)?.hasPrefix("${RUCHE_IMAGE") == true, name != "keys" else {
                let known = [
                    "rabbitmq": ["broker_definitions"], "postgres": ["database_password"],
                    "grafana": ["grafana_password"],
                ]
                #expect(Set(secrets.keys) == Set(known[name] ?? []), "\(name)")
                continue
            }
            if name == "migrate" {
                #expect(Set(secrets.keys) == Set(passwords) && environment["AMQP_USER"] == "ruche")
                continue
            }
            let process = ["toolbox": "operator", "autoscale": "reader"][name] ?? name
            let own = [
                "\(process)_amqp_password": "amqp_password", "\(process)_database_password": "database_password",
            ]
            var fleet = ComposeScene.fleet.contains(name) ? ["fleet_key": "fleet_key"] : [:]
            if name == "init-server" { fleet["fleet_log_broker"] = "fleet_log_broker" }
            #expect(secrets == own.merging(fleet) { one, _ in one }, "\(name)")
            let user = "ruche_" + process.replacing("-", with: "_")
            #expect(environment["AMQP_USER"] == user && environment["DATABASE_USER"] == user, "\(name)")
            #expect(environment.filter { $0.key.hasSuffix("_URL") }.values.allSatisfy { !$0.contains("@") }, "\(name)")
        }
        #expect(Set(passwords).isSuperset(of: ["producer_amqp_password", "amqp_password", "database_password"]))
        let askers = services.filter { ($0.value["environment"] as? [String: Any])?["RABBITMQ_MANAGEMENT_URL"] != nil }
        #expect(Set(askers.keys) == ["migrate", "relay", "toolbox", "autoscale"])
        let openers = services.filter { ($0.value["volumes"] as? [String] ?? []).contains { $0.hasPrefix("keys:") } }
        #expect(Set(openers.keys).isDisjoint(with: ["migrate", "autoscale"]), "nothing sealed is theirs to open")
    }

    /// Where each secret of a service comes from, and the name that the service knows it by.
    private func secrets(of service: [String: Any]) -> [String: String] {
        let entries = (service["secrets"] as? [Any] ?? []).map { entry in
            let entry = entry as? [String: String] ?? ["source": "\(entry)"]
            return (entry["source"] ?? "", entry["target"] ?? entry["source"] ?? "")
        }
        return Dictionary(entries) { one, _ in one }
    }

    /// What a container may do, and may use.
    @Test(.composePython)
    func everyServiceIsHardenedAndLimited() throws {
        for (name, service) in try services() {
            #expect(service["init"] as? Bool == true, "\(name)")
            #expect(service["read_only"] as? Bool == true, "\(name)")
            #expect(service["cap_drop"] as? [String] == ["ALL"], "\(name)")
            #expect(service["security_opt"] as? [String] == ["no-new-privileges:true"], "\(name)")
            let user = try #require(service["user"] as? String, "\(name) has a user")
            #expect(!user.contains("-0:") && !user.hasPrefix("0"), "\(name) runs as \(user)")
            #expect(service["privileged"] == nil && service["container_name"] == nil, "\(name)")
            let limits = ((service["deploy"] as? [String: Any])?["resources"] as? [String: Any])?["limits"]
            #expect(Set(try #require(limits as? [String: Any], "\(name) has limits").keys) == ["cpus", "memory"])
            // `docker compose` takes it for a second limit beside those.
            #expect(service["pids_limit"] == nil, "\(name)")
            #expect(service["logging"] != nil, "\(name)")
            let ports = service["ports"] as? [String] ?? []
            #expect(ports.allSatisfy { $0.hasPrefix("127.0.0.1:${") }, "\(name) publishes \(ports)")
        }
    }

    /// How a container is known to be well, and ended; and where its image comes from.
    @Test(.composePython)
    func everyServiceIsWatchedAndItsImagePinned() throws {
        for (name, service) in try services() {
            let image = try #require(service["image"] as? String, "\(name) has an image")
            #expect(image.hasPrefix("${"), "\(name): \(image) can be overridden")
            #expect(image.contains(":local") || image.contains(/:[^:}]*\d/) || image.contains("RUCHE_TAG"))
            #expect(!image.contains("latest"), "\(name)")
            guard service["restart"] as? String != "no" else { continue }
            #expect(service["restart"] as? String == "unless-stopped", "\(name)")
            // One that sleeps has nothing to say.
            guard service["entrypoint"] as? [String] != ["sleep", "infinity"] else { continue }
            #expect(service["healthcheck"] != nil, "\(name)")
            let environment = service["environment"] as? [String: Any] ?? [:]
            let patience = seconds(service["stop_grace_period"])
            #expect(patience > seconds(environment["SHUTDOWN_GRACE"]), "\(name)")
            #expect(patience >= 30, "\(name)")
        }
        let services = try services()
        let targets = services.compactMapValues { ($0["build"] as? [String: Any])?["target"] as? String }
        #expect(targets == ["keys": "core", "init-server": "fleet"], "an image is built once, for all")
        let fleet = services.filter { ($0.value["image"] as? String)?.contains("-fleet:") ?? false }
        #expect(Set(fleet.keys) == ComposeScene.fleet)
        let openers = services.filter { ($0.value["environment"] as? [String: Any])?["FLEET_KEY_FILE"] != nil }
        #expect(Set(openers.keys) == ComposeScene.fleet)
    }

    /// What workers of the fleet can be told beside their secrets comes from the environment of compose.
    @Test(.composePython)
    func theFleetsSettingsAreHandedOn() throws {
        let settings = [
            "lease-ip": ["QUARANTINE"], "deploy-shop": ["QUARANTINE", "SHOP_LEASE"],
            "init-server": [
                "FLEET_LOG_CA", "FLEET_METRICS_SOURCES", "FLEET_NEVER_BANNED", "FLEET_FORKS", "FLEET_TIME_LIMIT",
            ],
        ]
        let services = try services()
        for (name, settings) in settings {
            let environment = try #require(services[name]?["environment"] as? [String: String])
            for setting in settings { #expect(environment[setting] == "${\(setting):-}", "\(name)") }
        }
        let environment = services["init-server"]?["environment"] as? [String: String]
        #expect(environment?["FLEET_LOG_BROKER_FILE"] == "/run/secrets/fleet_log_broker")
    }

    /// `30s` → 30.
    private func seconds(_ text: Any?) -> Int { Int((text as? String ?? "0s").dropLast()) ?? 0 }
}

private enum ComposeFiles {
    static let python = ProcessInfo.processInfo.environment["RUCHE_TEST_PYTHON"]
    static let debiansCompose = "/usr/bin/docker-compose"
    static let hasDebiansCompose = FileManager.default.isExecutableFile(atPath: debiansCompose)
    static let all = ["compose.yaml", "debian.yaml"] + overlays
    static let overlays = ["rabbitmq-cluster.yaml", "postgres-standby.yaml"]

    static func path(_ name: String) -> String { Checkout.path("compose/\(name)") }
}

extension Trait where Self == ConditionTrait {
    /// Runs only with the Python of `scripts/test`; in CI a missing one is an error, not a skip.
    fileprivate static var composePython: Self {
        .enabled(if: ComposeFiles.python != nil || TestServers.isCI, "needs scripts/test's Python")
    }
}
