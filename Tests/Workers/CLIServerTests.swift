import Contracts
import Testing

@testable import CLI

/// How servers, leases and host keys are named and found.
@Suite struct CLIServerTests {
    @Test(
        arguments: [
            ("12", "12"), ("192.0.2.10", "192.0.2.10"), ("192.0.2.10:2222", "192.0.2.10:2222"),
            ("2001:db8::1", "2001:db8::1"), ("[2001:db8::1]:22", "[2001:db8::1]:22"),
        ])
    func aServerIsNamedByItsIDOrItsAddress(text: String, shown: String) throws {
        #expect(try ServerName(text).description == shown)
    }

    @Test(arguments: ["", "0", "-1", "web-1", "192.0.2.10:0", "192.0.2.10:x", "192.0.2.300", "[192.0.2.1", "::1:x"])
    func whatNamesNoServerIsRefused(text: String) {
        #expect(throws: Failure.self) { try ServerName(text) }
    }

    @Test(arguments: [("192.0.2.10", 22), ("2001:db8::1", 65_535)])
    func aPlaceInTheListIsReadBack(address: String, port: Int32) throws {
        let ip = try #require(IPAddress(address))
        let place = ServerCursor(ip: ip, port: port, id: 7)
        #expect(ServerCursor(place.description) == place)
        #expect(ServerCursor("\(place)_1") == nil && ServerCursor(address) == nil)
    }

    @Test func statusesAreNamedInAnyCase() throws {
        func statuses(_ words: String...) throws -> [String] {
            try ServerListing(Invocation(.serversList, words)).statuses
        }
        #expect(try statuses() == ServerListing.statuses)
        #expect(try statuses("--status", "error,Pending") == ["ERROR", "PENDING"])
        let failure = #expect(throws: Failure.self) { try statuses("--status", "eror") }
        #expect(failure?.lines.last == "did you mean ERROR?")
    }

    /// Held against what `ssh-keygen -l` says of the same keys.
    @Test(
        arguments: [
            (
                "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAZAk/XmHmNIvAaKHphGkMZ6uIsWLpR5vpTLRiaKVnGc",
                "SHA256:FL/bdAzZJ2PrTebPAlZ3e9vRQ8nrzt2WNkODzARewHQ"
            ),
            (
                "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBK2EUQSVyuE4UESRDoqVYDsXVbo7o"
                    + "Zh50Z9t+LBlhXjFTEo2zAw+mQl4iAd32LgyWNW6WRmQLExyb2slEWuWz00",
                "SHA256:P8uARo9bM0n0Pozfa5x0spdbf0HN6q6FzrHm3q2W4fw"
            ),
            (
                "SHA256:FL/bdAzZJ2PrTebPAlZ3e9vRQ8nrzt2WNkODzARewHQ",
                "SHA256:FL/bdAzZJ2PrTebPAlZ3e9vRQ8nrzt2WNkODzARewHQ"
            ), ("ssh-ed25519 ****", "(unreadable)"), ("nonsense", "(unreadable)"),
            ("SHA256:a\nSHA256:b", "SHA256:a, SHA256:b"),
        ])
    func aHostKeyIsShownAsSSHShowsIt(stored: String, shown: String) {
        #expect(HostKey.fingerprints(stored) == shown)
    }

    @Test(
        arguments: [
            ["--all", "--within", "1h"], ["--within", "soon"], ["--server", "web-1"], ["--after", "x"],
            ["--limit", "0"],
        ])
    func aWrongQuestionAboutLeasesIsRefused(words: [String]) {
        let failure = #expect(throws: Failure.self) { try LeaseListing(Invocation(.leases, words)) }
        #expect(failure?.code == .usage)
    }

    @Test(
        arguments: [
            [], ["12", "--session", "3"], ["12", "--wait", "--follow"], ["12", "--follow", "-o", "csv"],
        ])
    func aWrongWishForARunIsRefused(words: [String]) {
        let failure = #expect(throws: Failure.self) { try ServersInit(Invocation(.serversInit, words)) }
        #expect(failure?.code == .usage)
    }
}
