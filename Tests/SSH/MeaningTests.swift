import Testing

@testable import SSH

/// What ssh means by what it says, in lines that OpenSSH 9.2 has said.
@Suite("What ssh says") struct MeaningTests {
    @Test(
        "Its last words have a meaning",
        arguments: [
            ("ssh: connect to host 127.0.0.1 port 1: Connection refused", SSHError.Code.unreachable),
            ("ssh: connect to host 10.255.255.1 port 22: Connection timed out", .unreachable),
            ("ssh: connect to host 192.0.2.1 port 22: Network is unreachable", .unreachable),
            ("kex_exchange_identification: Connection closed by remote host", .lost),
            ("Connection closed by 127.0.0.1 port 22", .unreachable),
            ("ruche@127.0.0.1: Permission denied (publickey).", .keyRefused),
            ("Host key verification failed.", .hostKeyChanged),
            ("No ED25519 host key is known for 127.0.0.1 and you have requested strict checking.", .hostKeyChanged),
            ("Connection to 127.0.0.1 closed by remote host.", .lost),
            ("client_loop: send disconnect: Broken pipe", .lost),
            ("Timeout, server 127.0.0.1 not responding.", .lost),
            ("mux_client_request_session: read from master failed: Broken pipe", .lost),
            ("Stdio forwarding request failed: Session open refused by peer", .closed),
            ("channel 0: open failed: connect failed: Connection refused", .closed),
            ("something that nobody has seen", .lost),
        ])
    func meanings(line: String, code: SSHError.Code) {
        let error = SSHError.reading(["a banner", line])
        #expect(error.code == code)
        #expect(error.tail.last == line && !error.description.contains(line))
    }

    @Test(
        "Hosts that ssh would take for something else are refused",
        arguments: [
            SSHHost(address: "-oProxyCommand=id", user: "ruche", hostKey: "ssh-ed25519 AAAA"),
            SSHHost(address: "127.0.0.1", port: 0, user: "ruche", hostKey: "ssh-ed25519 AAAA"),
            SSHHost(address: "127.0.0.1", user: "-x", hostKey: "ssh-ed25519 AAAA"),
            SSHHost(address: "127.0.0.1", user: "", hostKey: "ssh-ed25519 AAAA"),
            SSHHost(address: "127.0.0.1", user: "ruche", hostKey: "ssh-ed25519"),
            SSHHost(address: "127.0.0.1", user: "ruche", hostKey: "ssh-ed25519 AAAA\n* ssh-ed25519"),
            SSHHost(address: "", user: "ruche", hostKey: "ssh-ed25519 AAAA"),
        ])
    func refused(host: SSHHost) { #expect(throws: SSHError.self) { try host.knownHost() } }

    @Test("A port of its own stands in the line of known hosts")
    func known() throws {
        let host = SSHHost(address: "127.0.0.1", user: "ruche", hostKey: "ssh-ed25519 AAAA comment")
        #expect(try host.knownHost() == "127.0.0.1 ssh-ed25519 AAAA\n")
        var other = host
        (other.port, other.address) = (2222, "::1")
        #expect(try other.knownHost() == "[::1]:2222 ssh-ed25519 AAAA\n")
    }
}
