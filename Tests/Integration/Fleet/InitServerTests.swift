import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// `init-server` as it is shipped, with a real ansible and a real SSH server at loopback addresses. Nothing is changed
/// on this machine: the recipe is `check`, or one of the test's own.
@Suite(.serialized, .servers, .logins) struct InitServerTests {
    /// What means something to CSV, to a shell, to Jinja, to YAML and to ansible.
    private static let password = #"{{ lookup('pipe','id') }}"; $(id) `id` 'q' \ # é"#

    @Test func everyServerHasItsOwnResult() async throws {
        try await withInit { scene, _ in
            let address = InitScene.addresses
            let marker = scene.cluster.directory + "/marker"
            let hash = "SHA256:" + (try #require(fingerprint(scene.hostKey)))
            let session = try scene.bring([
                .init(ip: address[0], port: scene.port),
                .init(ip: address[1], port: scene.port, password: Self.password),
                .init(ip: address[2], port: 1),
                .init(ip: address[3], port: scene.port, hostKey: "ssh-ed25519 \(scene.otherHostKey)"),
                .init(ip: address[4], port: scene.port, hostKey: hash),
                .init(ip: address[5], port: scene.port),
            ])
            try scene.query("UPDATE server SET ssh_user = \("{{ lookup('pipe', 'touch \(marker)') }}") WHERE id = 6")
            let worker = try scene.start()
            let done = try scene.completion(of: InitServer(session: session, recipe: "check"), id: "one")

            #expect(done.results.map(\.server) == Array(1...6) && done.results.map(\.ip) == address)
            #expect(
                done.results.map(\.reason) == [
                    nil, "wrong-password", "unreachable-refused", "host-key-changed", nil, "bad-login",
                ])
            #expect((done.configured, done.failed, done.skipped) == (2, 4, 0))
            #expect(done.results.allSatisfy { $0.changed == 0 && ($0.reason == nil) == ($0.outcome == .configured) })
            #expect(!FileManager.default.fileExists(atPath: marker), "a cell is no template")

            // A look changes nothing but what is known.
            #expect(try scene.servers("status") == Array(repeating: "PENDING", count: 6))
            #expect(try scene.servers("fault") == done.results.map(\.reason))
            #expect(try scene.servers("operator_since") == Array(repeating: nil, count: 6))
            let key = "ssh-ed25519 \(scene.hostKey)"
            #expect(try scene.servers("host_key") == [key, key, nil, "ssh-ed25519 \(scene.otherHostKey)", key, nil])
            #expect(try scene.cluster.number("SELECT count(*) FROM address") == 0)
            #expect(try scene.cluster.number("SELECT count(*) FROM server WHERE ssh_password IS NOT NULL") == 1)

            try expectTold(scene, changed: address[3])
            try expectNoSecret(scene, worker)
            #expect(worker.terminate() == 0)
        }
    }

    /// An alarm of its own; how each server stands in the end; a log that is whole.
    private func expectTold(_ scene: InitScene, changed: String) throws {
        let told = try scene.log.events.filter { $0.subject == "one" && $0.kind == .progressed }.map {
            try $0.decode(Progress.self)
        }
        let alarms = told.filter { $0.step == "host-key-changed" }
        #expect(alarms.count == 1 && alarms.first?.places?.map(\.place) == [changed])
        let last = try #require(told.last)
        #expect(last.places?.map(\.state) == [.done, .failed, .failed, .failed, .done, .failed], "\(last)")
        #expect(scene.log.events.filter { $0.subject == "one" }.map(\.sequence) == Array(1...told.count + 1))
        #expect(try scene.hasWholeLog("one"))
        #expect(try scene.lines("one", state: "unreachable") == 4)
        let checks = try scene.lines(
            "one", place: InitScene.addresses[0], step: "base : Check the system", state: "ok")
        #expect(checks == 1)
        #expect(try scene.lines("one", step: "host-key-changed", state: "note") == 1)
    }

    /// Neither password nor key stands anywhere that is kept, sent or printed.
    private func expectNoSecret(_ scene: InitScene, _ worker: RunningProcess) throws {
        for secret in [Self.password] + scene.keyLines {
            #expect(try scene.tables(with: secret) == [])
            let events = scene.log.events.map { String(decoding: $0.data, as: UTF8.self) }
            for form in InitScene.forms(of: secret) {
                #expect(!worker.output.contains(form))
                #expect(!events.contains { $0.contains(form) })
            }
        }
        #expect(try scene.tables(with: InitScene.addresses[0]) != [], "texts are found")
        let odd = #"a "list" \ of mine"#
        let json = #"{"name": "\#(InitScene.forms(of: odd)[1])"}"#
        try scene.query("UPDATE session SET name = \(odd)")
        #expect(try scene.tables(with: odd) == ["session"], "those with quotes, too")
        try scene.query("UPDATE session SET name = \(json)")
        #expect(try scene.tables(with: odd) == ["session"], "and those in JSON")
    }

    @Test func whatIsNotThereIsRefusedAndNothingToDoIsASuccess() async throws {
        try await withInit { scene, _ in
            let session = try scene.bring([.init(ip: InitScene.addresses[0], port: scene.port)])
            try scene.start()
            for (id, command, reason, word) in [
                ("a", InitServer(servers: [1, 99, 98]), "no-such-server", "98, 99"),
                ("b", InitServer(session: 77), "no-such-session", "77"),
                ("c", InitServer(servers: [1], recipe: "own"), "unknown-recipe", "base, check"),
            ] {
                try scene.ask(command, id: id)
                let event = try scene.log.outcome(of: id)
                let found = try event.decode(Reason.self)
                #expect(event.kind == .refused && found.reason == reason && found.message.contains(word), "\(found)")
            }
            // Nobody has failed yet.
            let done = try scene.completion(of: InitServer(session: session, only: .failed), id: "d")
            #expect((done.configured, done.failed, done.skipped) == (0, 0, 1))
            #expect(done.results.map(\.reason) == ["not-failed"])
            // Another tenant's servers do not exist.
            try scene.query("UPDATE server SET tenant = 'other'")
            try scene.ask(InitServer(servers: [1]), id: "e")
            #expect(try scene.log.outcome(of: "e").decode(Reason.self).reason == "no-such-server")
        }
    }

    @Test func aRecipeMakesServersThatCanBeLeased() async throws {
        try await withInit { scene, gate in
            gate.open()
            let address = InitScene.addresses
            let session = try scene.bring([
                .init(ip: address[0], port: scene.port), .init(ip: address[1], port: 1),
            ])
            try scene.start(["RECIPES": try scene.recipes()])
            let first = try scene.completion(of: InitServer(session: session), id: "one")
            #expect((first.configured, first.failed) == (1, 1) && first.results[0].changed == 2, "\(first)")
            #expect(try scene.servers("status") == ["CONFIGURED", "ERROR"])
            #expect(try scene.servers("fault") == [nil, "unreachable-refused"])
            #expect(try scene.servers("operator_since")[0] != nil)
            #expect(try scene.servers("last_run") == [scene.key("one").description, scene.key("one").description])
            try scene.cluster.start("lease-ip")
            let lease = try scene.cluster.run(
                "ruche", ["enqueue", "lease-ip", "--set", "holder=web-1", "--wait"])
            #expect(lease.status == 0 && lease.output.contains(address[0]), "\(lease)")

            // What failed is left alone until it is asked for, and what did not is left alone then.
            let second = try scene.completion(of: InitServer(servers: [2]), id: "two")
            #expect(second.results.map(\.reason) == ["failed-before"])
            try scene.query("UPDATE server SET ssh_port = \(Int32(scene.port)) WHERE id = 2")
            // That it could be logged on to does not say that what failed would not fail again.
            let look = InitServer(session: session, recipe: "check", only: .failed)
            #expect(try scene.completion(of: look, id: "look").configured == 1)
            #expect(try scene.servers("status")[1] == "ERROR")
            #expect(try scene.servers("fault")[1] == "unreachable-refused")
            #expect(try scene.servers("fault_text")[1] != nil)
            let third = try scene.completion(of: InitServer(session: session, only: .failed), id: "three")
            #expect(third.results.map(\.outcome) == [.skipped, .configured], "\(third)")
            #expect(try scene.servers("status") == ["CONFIGURED", "CONFIGURED"])
            #expect(try scene.cluster.number("SELECT count(*) FROM address") == 2)
            #expect(try scene.servers("fault") == [nil, nil])
        }
    }

    @Test func theAddressOfAServerThatFailsIsLentToNobody() async throws {
        try await withInit { scene, gate in
            gate.open()
            let session = try scene.bring([.init(ip: InitScene.addresses[0], port: scene.port)])
            try scene.start(["RECIPES": try scene.recipes()])
            let command = InitServer(session: session)
            #expect(try scene.completion(of: command, id: "one").configured == 1)
            try scene.query("UPDATE server SET ssh_port = 1")
            #expect(try scene.completion(of: command, id: "two").failed == 1)
            #expect(try scene.servers("status") == ["ERROR"])
            try scene.cluster.start("lease-ip")
            func lend() throws -> String {
                try scene.cluster.run("ruche", ["enqueue", "lease-ip", "--set", "holder=web-1", "--wait"]).output
            }
            let refused = try lend()
            #expect(refused.contains("no-free-ip"), "\(refused)")
            // As it was before: nobody here can be logged on to as the operator.
            try scene.query("UPDATE server SET ssh_port = \(Int32(scene.port)), operator_since = NULL")
            let again = InitServer(session: session, only: .failed)
            #expect(try scene.completion(of: again, id: "three").configured == 1)
            let lent = try lend()
            #expect(lent.contains(InitScene.addresses[0]), "\(lent)")
        }
    }

    /// The hash of a key, as `ssh-keygen -l` shows it.
    private func fingerprint(_ key: String) -> String? {
        Data(base64Encoded: key).map { data in
            let digest = Data(Digest.sha256(Array(data)))
            return digest.base64EncodedString().replacing("=", with: "")
        }
    }
}

extension InitScene {
    /// A statement of the test's own.
    func query(_ sql: SQL) throws {
        let database = try cluster.database()
        defer { database.close() }
        try database.execute(sql)
    }

    /// Recipes of the test's own, which change nothing: `base` has two steps, of which the second waits at the gate;
    /// `check` has one.
    ///
    /// - Parameter first: what the first step of `base` is.
    func recipes(_ first: String = "id -u") throws -> String {
        let folder = cluster.directory + "/recipes-" + first.filter(\.isLetter)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            atPath: Checkout.path("Workers/InitServer/Recipes/ansible.cfg"), toPath: folder + "/ansible.cfg")
        let book = """
            - name: base
              hosts: all
              gather_facts: false
              tasks:
                - name: Become root
                  ansible.builtin.raw: \(first)
                - name: Write the settings
                  ansible.builtin.raw: echo gate-settings
            """
        try book.write(toFile: folder + "/base.yaml", atomically: true, encoding: .utf8)
        let check = """
            - name: check
              hosts: all
              gather_facts: false
              tasks:
                - name: Become root
                  ansible.builtin.raw: id -u
            """
        try check.write(toFile: folder + "/check.yaml", atomically: true, encoding: .utf8)
        return folder
    }
}
