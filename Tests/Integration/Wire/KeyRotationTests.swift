import Contracts
import Foundation
import Postgres
import Sealing
import TestSupport
import Testing

/// The key ring is changed under a cluster at work: `ruche keys rotate`.
@Suite(.servers) struct KeyRotationTests {
    @Test func aKeyIsRotatedWithoutARestart() throws {
        try withCluster { cluster in
            try cluster.addServers(500)
            let log = try EventLog(cluster)
            let processes = try ["lease-ip", "relay"].map { try cluster.start($0) }
            let load = try Load(cluster)
            var held = 0
            func hold() throws {
                held += 1
                try load.publish(LeaseIP(holder: "web", ttlSeconds: 3), id: "lease-\(held)")
                #expect(try log.outcome(of: "lease-\(held)").kind == .succeeded)
            }
            try hold()

            let file = cluster.environment["RUCHE_KEY_FILE"]!
            let old = try KeyRing(contentsOf: file).publicKey.id
            let rotation = try cluster.run("ruche", ["keys", "rotate", file])
            let new = try KeyRing(contentsOf: file).publicKey.id
            #expect(new != old)
            #expect(rotation.output == "wrote \(file): \(new) seals now, 2 keys open\n", "\(rotation.errors)")
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            #expect(attributes[.posixPermissions] as? Int == 0o600)

            // The same worker seals with the new key before long, and the same relay opens what either key sealed.
            try eventually("a deadline is sealed with the new key") {
                try hold()
                return try cluster.number(
                    """
                    SELECT count(*) FROM schedule
                    WHERE substring(payload FROM 2 FOR 4) = decode(\(new.description), 'hex')
                    """) > 0
            }
            try log.receive { log in
                log.events.count { $0.command == ExpireLease.name && $0.kind == .succeeded } == held
            }
            for process in processes {
                #expect(!process.output.contains("cannot be opened"))
                #expect(process.terminate() == 0)
            }
        }
    }

    /// One that was killed, or is still at it, has its new file there.
    @Test func ofTwoRotationsAtOnceOneFailsAndTakesNothingBack() throws {
        try withCluster { cluster in
            let file = cluster.environment["RUCHE_KEY_FILE"]!
            let before = try String(contentsOfFile: file, encoding: .utf8)
            try "".write(toFile: file + ".new", atomically: false, encoding: .utf8)
            let result = try cluster.run("ruche", ["keys", "rotate", file])
            #expect(result.status == 1 && result.errors.contains("keys.new"), "\(result.errors)")
            #expect(try String(contentsOfFile: file, encoding: .utf8) == before)
            try FileManager.default.removeItem(atPath: file + ".new")
            #expect(try cluster.run("ruche", ["keys", "rotate", file]).status == 0)
        }
    }

    @Test func whatIsNoKeyRingIsLeftAlone() throws {
        try withCluster { cluster in
            let file = cluster.directory + "/no-ring"
            try "hunter2\n".write(toFile: file, atomically: true, encoding: .utf8)
            let result = try cluster.run("ruche", ["keys", "rotate", file])
            #expect(result.status == 1 && result.errors.contains("line 2 of the key file"), "\(result.errors)")
            #expect(!result.errors.contains("hunter2"))
            #expect(try String(contentsOfFile: file, encoding: .utf8) == "hunter2\n")
            #expect(try cluster.run("ruche", ["keys", "rotate", file + ".missing"]).status == 3)
        }
    }
}
