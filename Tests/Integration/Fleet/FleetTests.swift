import AMQP
import Foundation
import Postgres
import TestSupport
import Testing

/// Debian's archive, which the relay gives and nothing else.
private let archive = "deb.debian.org"

/// Bare servers, and what the recipe makes of them.
///
/// Runs with `scripts/test --full`, or alone with `scripts/test --filter FleetTests`.
@Suite(.serialized, .servers, .fleet) struct FleetTests {
    @Test func aBareServerBecomesOneForShops() throws {
        try withLogs { logs in
            let broker = try AMQPURI(parsing: logs.cluster.environment["AMQP_URL"]!)
            try logs.cluster.start("ingest-logs")
            try withFleet { fleet in
                let start = ContinuousClock.now
                print("fleet: \(try fleet.manage("up 1 --relay 5672=127.0.0.1:\(broker.hosts[0].port)"))")
                print("fleet: up in \(ContinuousClock.now - start), image included")
                let settings = [
                    "base_log_broker:", "  host: fleet-host", "  vhost: !unsafe \"\(broker.virtualHost)\"",
                    "  user: !unsafe \"\(broker.username)\"", "  password: !unsafe \"\(broker.password)\"",
                ]
                let first = try fleet.play(asOperator: false, settings)
                #expect(first.stats[fleet.address()]?["failures"] == 0)
                #expect(first.changed.contains("base : Install and update packages"))
                let second = try fleet.play(asOperator: true, settings)
                #expect(second.stats[fleet.address()]?["failures"] == 0)
                #expect(second.stats[fleet.address()]?["changed"] == 0, "\(second.changed)")
                print("fleet: the recipe took \(first.took), and \(second.took) when nothing was to be done")

                try expectHardened(fleet)
                try expectFirewall(fleet)
                try expectContainers(fleet)
                try expectProxy(fleet)
                try fleet.ssh("logger -t trial 'a line from the fleet'")
                try eventually("a line of the server is stored") {
                    try logs.cluster.number(
                        "SELECT count(*) FROM log_chunk, unnest(lines) AS line WHERE line LIKE '%from the fleet%'") > 0
                }
            }
        }
    }

    /// In by key only, as the operator, who may do everything.
    private func expectHardened(_ fleet: FleetScene) throws {
        #expect(try fleet.ssh("sudo -n id -u") == "0\n")
        let password = try #require(try fleet.rows().first?["sshPassword"])
        let refused = fleet.attempt(
            """
            SSHPASS='\(password)' sshpass -e \
                ssh \(fleet.options) -o PubkeyAuthentication=no root@\(fleet.address()) id
            """)
        #expect(refused.status == 255)
        #expect(refused.errors.contains("Permission denied (publickey)"), "\(refused.errors)")
        #expect(try fleet.ssh("systemctl is-active fail2ban unattended-upgrades") == "active\nactive\n")
        try fleet.ssh("sudo fail2ban-client set sshd banip 203.0.113.9")
        #expect(try fleet.ssh("sudo iptables -S").contains("-s 203.0.113.9/32"))
        #expect(try fleet.ssh("sudo fail2ban-client get sshd ignoreip").contains("172.16.0.0/12"))
    }

    /// What is not allowed is not reached, though something listens; what is allowed is.
    private func expectFirewall(_ fleet: FleetScene) throws {
        let inside = try fleet.inside()
        try fleet.ssh("sudo systemd-run -q -u listener python3 -m http.server 8099")
        let request = "curl -sS -o '\(fleet.directory)/page' --retry 5 --retry-connrefused --max-time 3 "
        let dropped = fleet.attempt(request + "http://\(inside):8099/")
        #expect(dropped.status == 28, "\(dropped.errors)")
        try fleet.ssh("sudo ufw allow 8099/tcp")
        try fleet.run(request + "http://\(inside):8099/")
        try fleet.ssh("sudo ufw delete allow 8099/tcp && sudo systemctl stop listener")
        #expect(try fleet.run("curl -sS http://\(fleet.address()):9100/metrics").contains("node_load1"))
    }

    /// Docker runs containers, publishes on loopback only, and what they say is in the journal.
    private func expectContainers(_ fleet: FleetScene) throws {
        try fleet.ssh(
            """
            set -e
            tar -chf - /bin/sleep /bin/echo /lib64/ld-linux-x86-64.so.2 /lib/x86_64-linux-gnu/libc.so.6 \
                | docker import - probe
            docker run --name said probe /bin/echo 'a word of a container'
            docker run -d -p 20031:80 --name open probe /bin/sleep 1000
            """)
        #expect(try fleet.ssh("docker logs said") == "a word of a container\n")
        #expect(try fleet.ssh("sudo journalctl -t said -o cat") == "a word of a container\n")
        #expect(try fleet.ssh("docker port open") == "80/tcp -> 127.0.0.1:20031\n")
        try fleet.ssh("docker rm -f said open && docker rmi probe")
    }

    /// A shop moves from its blue slot to the green one with connections open and requests on their way, and the proxy
    /// knows it after a restart.
    private func expectProxy(_ fleet: FleetScene) throws {
        func tell(_ words: String) throws {
            let answer = try fleet.ssh("echo '\(words)' | socat -t 5 - UNIX-CONNECT:/run/haproxy/admin.sock")
            try #require(answer.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty, "\(words): \(answer)")
        }
        for (slot, port) in [("blue", 20_000), ("green", 20_001)] {
            let program = """
                import http.server as h
                class Shop(h.BaseHTTPRequestHandler):
                    protocol_version = "HTTP/1.1"
                    def do_GET(self):
                        self.send_response(200)
                        self.send_header("Content-Length", "\(slot.count)")
                        self.end_headers()
                        self.wfile.write(b"\(slot)")
                h.ThreadingHTTPServer(("127.0.0.1", \(port)), Shop).serve_forever()
                """
            try fleet.ssh("cat > \(slot).py << 'END'\n\(program)\nEND")
            try fleet.ssh("sudo systemd-run -q -u \(slot) python3 \"$PWD/\(slot).py\"")
        }
        for port in [20_000, 20_001] {
            try fleet.ssh("until bash -c 'exec 3<> /dev/tcp/127.0.0.1/\(port)' 2> /dev/null; do sleep 0.1; done")
        }
        let get = "curl -sS -H 'Host: shop.example:80'"
        #expect(try fleet.run("\(get) -w ' %{http_code}' http://\(fleet.address())/").hasSuffix(" 404"))
        try tell("add map /var/lib/ruche-proxy/shops.map shop.example shop-1")
        try tell("set server shop-1/blue state ready")
        #expect(try fleet.run("\(get) http://\(fleet.address())/") == "blue")

        // One client keeps its connection, another opens one for every request.
        let shape = "-w ' %{http_code} %{num_connects}\\n' --rate 100/s 'http://\(fleet.address())/?[1-600]'"
        try fleet.run(
            """
            { \(get) \(shape); echo $?; } > '\(fleet.directory)/kept' &
            { \(get) -H 'Connection: close' \(shape); echo $?; } > '\(fleet.directory)/new' &
            """)
        func answers(_ name: String) -> [String] {
            let text = try? String(contentsOfFile: "\(fleet.directory)/\(name)", encoding: .utf8)
            return (text ?? "").split(separator: "\n").map(String.init)
        }
        try eventually("both are at it") { answers("kept").count > 50 && answers("new").count > 50 }
        try tell("set server shop-1/green state ready")
        try tell("set server shop-1/blue state drain")
        try eventually("both are through") { answers("kept").count > 600 && answers("new").count > 600 }
        for (name, connections) in [("kept", 1), ("new", 600)] {
            let lines = answers(name)
            #expect(lines.last == "0", "curl ended well")
            let served = lines.dropLast()
            #expect(served.count == 600)
            let right = served.allSatisfy { ["blue 200", "green 200"].contains($0.dropLast(2)) }
            #expect(right, "\(name): \(Set(served))")
            #expect(served.first?.hasPrefix("blue") == true && served.last?.hasPrefix("green") == true)
            #expect(served.count { $0.hasSuffix(" 1") } == connections)
        }
        try tell("set server shop-1/blue state maint")
        try fleet.ssh("sudo ruche-proxy-state && sudo systemctl restart haproxy && sudo systemctl stop blue")
        #expect(try fleet.run("\(get) http://\(fleet.address())/") == "green")
    }

    @Test func serversComeAndGoAndLeaveNothing() throws {
        try withFleet { fleet in
            try fleet.manage("up 1")
            let volumes = try fleet.docker("volume ls -q").split(separator: "\n").count
            try fleet.manage("up 3 --host-keys")
            #expect(try fleet.rows().map { $0["serverIp"] } == (1...3).map(fleet.address))
            for row in try fleet.rows() {
                let address = try #require(row["serverIp"])
                let known = try fleet.run("ssh-keyscan -t ed25519 \(address) | cut -d ' ' -f 2,3")
                #expect(row["hostKey"] == known.trimmingCharacters(in: .newlines))
            }
            let lines = try fleet.manage("status").split(separator: "\n")
            #expect(lines.count == 3 && lines.allSatisfy { $0.hasSuffix(" running") })

            // The only way out of a server leads to Debian's archive.
            func ask(_ line: String) throws -> String {
                try fleet.console(
                    "bash -c 'exec 3<> /dev/tcp/fleet-host/3142; printf \"\(line)\\r\\n\\r\\n\" >&3; head -n 1 <&3'")
            }
            #expect(try ask("HEAD http://\(archive)/debian/dists/bookworm/InRelease HTTP/1.1").contains(" 200 "))
            #expect(try ask("GET http://127.0.0.1/debian HTTP/1.1").contains(" 404 "))
            #expect(try ask("GET http://\(archive)/debian/../../../etc/passwd HTTP/1.1").contains(" 404 "))
            #expect(try ask("CONNECT \(archive):80 HTTP/1.1").contains(" 405 "))

            try fleet.docker("kill \(fleet.name)-2")
            #expect(fleet.attempt("'\(Checkout.path("scripts/fleet"))' status").status == 1)
            let password = try fleet.rows()[1]["sshPassword"]
            try fleet.manage("up 2")
            #expect(try fleet.rows().map { $0["sshPassword"] }.last == password, "the same server again")

            let network = try fleet.inside().split(separator: ".").dropLast().joined(separator: ".")
            let relay = "pgrep -f '[r]elay.py .*\(URL(filePath: fleet.directory).lastPathComponent)/state/packages'"
            #expect(fleet.attempt(relay).status == 0)
            try fleet.manage("down")
            #expect(try fleet.docker("ps -aq --filter name=\(fleet.name)").isEmpty)
            #expect(try fleet.docker("network ls -q --filter name=\(fleet.name)").isEmpty)
            #expect(try fleet.docker("volume ls -q").split(separator: "\n").count == volumes - 1)
            for number in 1...3 {
                #expect(fleet.attempt("bash -c 'exec 3<> /dev/tcp/\(fleet.address(number))/22'").status == 1)
            }
            #expect(fleet.attempt(relay).status == 1, "no process is left")
            #expect(!fleet.attempt("ss -ltn").output.contains(" \(network)."), "nothing listens")
        }
    }
}
