import Ansible
import Contracts
import Runtime
import Testing

@testable import InitServerWorker

/// How servers are logged on to, and by which keys they are known.
@Suite struct InitServerLoginTests {
    private func server(
        _ id: Int = 1, ip: String = "192.0.2.1", port: Int = 22, user: String = "admin",
        password: FleetServer.Password = .none, isOperated: Bool = false, hostKey: String? = nil,
        hasBegun: Bool = false
    ) -> FleetServer {
        FleetServer(
            id: id, ip: ip, port: port, user: user, password: password, isOperated: isOperated, hostKey: hostKey,
            hasBegun: hasBegun)
    }

    private func host(_ server: FleetServer) throws -> InventoryHost { try Login.host(server, named: "h").get() }

    private func reason(_ server: FleetServer) -> HostFailure.Reason? {
        if case .failure(let failure) = Login.host(server, named: "h") { failure.reason } else { nil }
    }

    @Test func aServerIsLoggedOnToAsTheListSaysUntilItIsOurs() throws {
        let list = try host(server(port: 2222, password: .clear("pw")))
        #expect(list.user == "admin" && list.password == "pw" && list.becomePassword == "pw" && list.port == 2222)
        #expect(list.address == "192.0.2.1")
        let key = try host(server())
        #expect(key.user == "admin" && key.password == nil && key.becomePassword == nil)
        let ours = try host(server(password: .clear("pw"), isOperated: true))
        #expect(ours.user == "ruche" && ours.password == nil && ours.becomePassword == nil)
        #expect(try host(server(password: .missing, isOperated: true)).user == "ruche", "it needs none any more")
    }

    @Test func aRecipeIsToldOfForgottenShops() throws {
        #expect(try host(server()).variables.isEmpty)
        var lost = server()
        lost.forgotten = [
            ForgottenShop(slug: "pots", domain: "pots.example", place: 12),
            ForgottenShop(slug: "cups", domain: "cups.example", place: 3),
        ]
        let told: InventoryValue = .list([
            .map(["shop": "cups", "domain": "cups.example", "place": .number(3)]),
            .map(["shop": "pots", "domain": "pots.example", "place": .number(12)]),
        ])
        #expect(try host(lost).variables == ["base_forgotten": told])
        #expect(Login.operated(lost, named: "h").variables == ["base_forgotten": told])
    }

    @Test func oneWithoutALoginFailsAlone() {
        #expect(reason(server(password: .missing)) == .noPassword)
        #expect(reason(server(password: .unreadable)) == .passwordUnreadable)
        #expect(reason(server(user: "a\"b")) == .badLogin)
        #expect(reason(server(password: .clear("a\0b"))) == .badLogin)
        #expect(reason(server(user: "{{ lookup('pipe','id') }}", password: .clear("$(id)"))) == nil, "that is text")
        #expect(reason(server(hostKey: "ssh-rsa;x AAAA")) == .badLogin)
    }

    @Test func oneThatRefusesItsLoginMayBeOursAlready() {
        let wrong = HostFailure(.wrongPassword)
        #expect(Login.mayBeOperated(server(hasBegun: true), after: wrong))
        #expect(Login.mayBeOperated(server(hasBegun: true), after: HostFailure(.keyRefused)))
        #expect(!Login.mayBeOperated(server(hasBegun: true), after: HostFailure(.hostKeyChanged)))
        #expect(!Login.mayBeOperated(server(), after: wrong), "nobody has worked on it")
        #expect(!Login.mayBeOperated(server(isOperated: true, hasBegun: true), after: wrong))
    }

    @Test func serversBehindOneAddressAreToldApart() {
        let servers = [server(1), server(2, port: 2222), server(3, ip: "192.0.2.3", port: 2222)]
        #expect(Login.names(servers) == [1: "server-1", 2: "server-2", 3: "192.0.2.3"])
        #expect(
            servers.map { Login.place($0, among: servers) } == ["192.0.2.1", "[192.0.2.1]:2222", "192.0.2.3"])
    }

    @Test func keysAreWrittenAndReadAsSSHDoes() {
        let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS"
        let file = KnownHosts.file([
            server(hostKey: key), server(2, port: 2222, hostKey: key), server(3, hostKey: "SHA256:x"), server(4),
        ])
        let lines = ["192.0.2.1 \(key)", "[192.0.2.1]:2222 \(key)"]
        #expect(String(decoding: file, as: UTF8.self) == lines.map { $0 + "\n" }.joined())
        let read = KnownHosts.keys(in: file + Array("# a comment\n@revoked h k x\nh a\n".utf8))
        #expect(read == ["192.0.2.1": [key], "[192.0.2.1]:2222": [key]])
        #expect(KnownHosts.kind(key) == "ssh-ed25519" && KnownHosts.kind("SHA256:x") == nil)
    }

    @Test func whereAHashIsKnownOnlyItsKeyIsTrusted() throws {
        let keys = ["ssh-rsa AAAAB3Nza", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA"]
        let hash = try #require(KnownHosts.hash(keys[1]))
        #expect(hash.hasPrefix("SHA256:") && hash.utf8.count == 50)
        #expect(KnownHosts.hash("ssh-rsa") == nil)
        let servers = [
            server(1, hostKey: hash), server(2, ip: "192.0.2.2", hostKey: hash), server(3, ip: "192.0.2.3"),
            server(4, ip: "192.0.2.4", hostKey: hash), server(5, ip: "192.0.2.5", hostKey: keys[0]),
        ]
        let shown = ["192.0.2.1": keys, "192.0.2.2": [keys[0]]]
        let (checked, failures) = KeyScan.check(servers, shown)
        #expect(checked.map(\.hostKey) == [keys[1], hash, nil, hash, keys[0]])
        #expect(failures.mapValues(\.reason) == [2: .hostKeyChanged, 4: .unreachable])
    }

    @Test(arguments: [
        ([:], 0), (["FLEET_FORKS": "0"], 1), (["FLEET_TIME_LIMIT": "0s"], 1),
        (["FLEET_NEVER_BANNED": "192.0.2.0/24, 2001:db8::1"], 0), (["FLEET_METRICS_SOURCES": "everybody"], 1),
        (["FLEET_LOG_BROKER": "amqp://logs:s3cret@log.example/"], 0), (["FLEET_LOG_BROKER": "http://x"], 1),
        (["FLEET_LOG_BROKER": "amqps://logs:s3cret@log.example/"], 1),
        (["FLEET_LOG_BROKER": "amqps://logs:s3cret@log.example/", "FLEET_LOG_CA": "PEM"], 0),
        (["FLEET_KEY_FILE": "/nowhere"], 1), (["FLEET_LOG_BROKER_FILE": "/dev/null"], 0),
    ])
    func settingsThatCannotBeAreRefused(environment: [String: String], problems: Int) {
        var settings = Settings(environment)
        let fleet = FleetSettings(reading: &settings)
        var found: [String] = []
        do throws(SettingsError) { try settings.check() } catch { found = error.problems }
        #expect(found.count == problems && !"\(found)".contains("s3cret"), "\(found)")
        #expect(fleet.recipes.hasSuffix("/Recipes") || fleet.recipes.hasSuffix("/recipes"))
    }

    @Test func recipesAreToldWhatTheSettingsSay() {
        var settings = Settings([
            "FLEET_LOG_BROKER": "amqps://logs:s3cret@log.example:5671/fleet", "FLEET_LOG_CA": "PEM",
            "FLEET_NEVER_BANNED": "192.0.2.0/24,192.0.3.1",
        ])
        let fleet = FleetSettings(reading: &settings)
        let variables = fleet.variables(publicKey: "ssh-ed25519 AAAA fleet")
        #expect(variables["base_authorized_keys"] == .list(["ssh-ed25519 AAAA fleet"]))
        #expect(variables["base_never_banned"] == .list(["192.0.2.0/24", "192.0.3.1"]))
        #expect(
            variables["base_log_broker"]
                == .map([
                    "host": "log.example", "port": .number(5671), "vhost": "fleet", "user": "logs",
                    "password": "s3cret", "ca": "PEM",
                ]))
        #expect(fleet.secrets == ["s3cret"])
    }
}
