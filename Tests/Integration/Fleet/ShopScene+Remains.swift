import Foundation
import Postgres
import TestSupport
import Testing

extension ShopScene {
    /// Nothing is left on the server but so many containers of shops, each with its port, its name in the proxy and an
    /// image; nor is anything of a run left here.
    ///
    /// - Parameter leases: how many addresses are held.
    func expectNothing(but shops: Int, leases: Int, _ when: String = "") throws {
        #expect(try containers().count == shops, "\(when)")
        #expect(try lines("docker ps -aq").count == shops, "\(when)")
        #expect(try lines("ss -Hltn").count { $0.contains("127.0.0.1:200") } == shops, "\(when)")
        let map = "echo 'show map /var/lib/ruche-proxy/shops.map' | socat -t 5 - UNIX-CONNECT:/run/haproxy/admin.sock"
        #expect(try lines(map).count == shops, "\(when)")
        #expect(try lines("docker image ls -qf dangling=true") == [], "\(when)")
        #expect(try lines("docker volume ls -q") == [], "\(when)")
        #expect(try lines("grep -lsx docker /proc/[0-9]*/comm || true") == [], "\(when)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: shipping) == [], "\(when)")
        #expect(try count("SELECT count(*) FROM lease WHERE ended_at IS NULL") == leases, "\(when)")
        #expect(try count("SELECT count(*) FROM address WHERE lease IS NOT NULL") == leases, "\(when)")
        #expect(try count("SELECT (SELECT count(*) FROM run) + (SELECT count(*) FROM run_target)") == 0, "\(when)")
    }

    /// What a command on the server printed, without empty lines.
    private func lines(_ command: String) throws -> [String] {
        try fleet.ssh(command).split(separator: "\n").map(String.init).filter { !$0.allSatisfy(\.isWhitespace) }
    }
}
