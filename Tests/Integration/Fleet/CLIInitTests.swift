import Contracts
import Foundation
import TestSupport
import Testing

/// `ruche servers init` with the real worker, a real ansible and a real SSH server.
@Suite(.serialized, .servers, .logins) struct CLIInitTests {
    private static let password = "geheim-nobody-may-see"

    @Test func aRunIsFollowedWhileTheWorkerDoesIt() async throws {
        try await withInit { scene, _ in
            let address = InitScene.addresses
            let session = try scene.bring([
                .init(ip: address[0], port: scene.port),
                .init(ip: address[1], port: scene.port, password: Self.password), .init(ip: address[2], port: 1),
            ])
            try scene.start()
            let line = ["servers", "init", "--recipe", "check", "--session", String(session)]
            let followed = try scene.cluster.run("ruche", line + ["--id", "one", "--follow", "-o", "jsonl"])
            #expect(followed.status == 0, "\(followed.errors)")
            let objects = try followed.output.split(separator: "\n").map { text in
                try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            }
            #expect(objects.compactMap { $0["number"] as? Int } == Array(1...(try scene.lines("one"))))
            #expect(Set(objects.compactMap { $0["state"] as? String }).isSuperset(of: ["ok", "unreachable"]))

            // The run succeeds; who waits hears which servers did not.
            let waited = try scene.cluster.run("ruche", line + ["--wait"])
            #expect(waited.status == 0 && waited.errors.contains("ruche: server 3 (\(address[2])) failed: "))
            let listed = try scene.cluster.run("ruche", ["servers", "list", "-o", "name", "--fault", "wrong-password"])
            #expect(listed.output == "2\n")
            let shown = try scene.cluster.run("ruche", ["servers", "show", "2"])
            #expect(shown.output.contains(/hostKey +SHA256:[A-Za-z0-9+\/]{43}\n/))
            let run = try scene.cluster.run("ruche", ["runs", "show", "one"])
            #expect(run.output.contains("succeeded") && run.output.contains("\(address[2])  failed"), "\(run.output)")
            for said in [followed, waited, listed, shown, run] {
                #expect(!(said.output + said.errors).contains(Self.password))
            }
        }
    }
}
