import Contracts
import Testing

@testable import DeployShopWorker

/// What a server's programs say, in words that HAProxy 2.6.12 and nginx have said.
@Suite struct ShopServerTests {
    private func lines(_ text: String) -> [String] {
        // Of bytes: to Swift the end of a line of HTTP is one character.
        text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    private let head = """
        1
        # be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight \
        srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state \
        bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr \
        srv_agent_addr srv_agent_port

        """

    @Test(
        "A slot is open, drained or closed",
        arguments: [
            ("0 5 1 1 1", ProxyAnswer.SlotState.maint), ("2 4 1 1 0", .ready), ("2 12 1 1 0", .drain),
            ("2 0 1 1 0", .ready), ("0 1 1 1 0", .maint), ("2 8 1 1 0", .drain),
        ])
    func slots(flags: String, state: ProxyAnswer.SlotState) {
        let text =
            head + """
                3 shop-1 1 blue 127.0.0.1 \(flags) 1 0 0 8 0 0 0 - 21000 - 0 0 - - 0
                3 shop-1 2 green 127.0.0.1 0 5 1 1 1 1 0 0 8 0 0 0 - 21001 - 0 0 - - 0

                """
        #expect(ProxyAnswer.slots(lines(text)) == [.blue: state, .green: .maint])
    }

    @Test("A place that is not there has no slots")
    func noPlace() { #expect(ProxyAnswer.slots(lines("Can't find backend.\n")).isEmpty) }

    @Test("A name leads to what the map says of it, and nothing else does")
    func places() {
        let map = lines("0x7f7e0c046380 shop.example shop-1\n0x7f7e0c0464b0 my-shop.example shop-2\n")
        #expect(ProxyAnswer.places(of: "shop.example", map) == ["shop-1"])
        #expect(ProxyAnswer.places(of: "hop.example", map).isEmpty)
        #expect(ProxyAnswer.places(of: "shop.example", lines("\n")).isEmpty)
        let unknown = lines("Unknown map identifier. Please use #<id> or <file>.")
        #expect(ProxyAnswer.places(of: "map", unknown).isEmpty)
    }

    @Test("Whatever but an empty line answers a change is a refusal")
    func complaints() {
        #expect(ProxyAnswer.complaint(lines("\n")) == nil)
        #expect(ProxyAnswer.complaint(lines("No such backend.\n")) == "No such backend.")
        #expect(ProxyAnswer.complaint(lines("entry not found.\n\n")) == "entry not found.")
    }

    @Test("Requests in hand are counted by slot")
    func sessions() {
        let text = """
            # pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp
            shop-1,blue,0,0,3,7,,1200,0,0,,0
            shop-1,green,0,0,0,0,,0,0,0,,0

            """
        #expect(ProxyAnswer.sessions(of: .blue, lines(text)) == 3)
        #expect(ProxyAnswer.sessions(of: .green, lines(text)) == 0)
        #expect(ProxyAnswer.sessions(of: .green, lines("Can't find backend.")) == nil)
    }

    @Test("An answer of HTTP is read with its head, or is none")
    func answers() {
        let said = lines("HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/plain\r\n\r\n0f3c9b2a61d47e85\n")
        #expect(WebAnswer(said)?.isUp("0f3c9b2a61d47e85") == true)
        #expect(WebAnswer(said)?.isUp("0f3c9b2a61d47e8") == false)
        #expect(WebAnswer(lines("HTTP/1.1 404 Not Found\r\n\r\n0f3c"))?.isUp("0f3c") == false)
        #expect(WebAnswer(lines("")) == nil)
        #expect(WebAnswer(lines("HTTP/1.1 200 OK")) == nil)
        #expect(WebAnswer(lines("SSH-2.0-OpenSSH_9.2p1")) == nil)
    }
}
