import Contracts
import Testing

struct IPAddressTests {
    @Test(
        "Addresses are read and shown in canonical form",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
            ("2001:DB8::1", "2001:db8::1"), ("2001:db8:0:0:0:0:0:1", "2001:db8::1"), ("::", "::"), ("::1", "::1"),
            ("1::", "1::"), ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("::ffff:192.0.2.1", "::ffff:c000:201"), ("1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"),
            ("0001:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ])
    func addresses(text: String, canonical: String) {
        #expect(IPAddress(text)?.description == canonical)
        #expect(IPAddress(canonical) == IPAddress(text))
    }

    @Test(
        "Other texts are no addresses",
        arguments: [
            "", "111.11.11", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.", "1.2.3.4 ", " 1.2.3.4", "1.2.3.-4",
            "1.2.3.4/32", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::",
            "12345::", "g::", "fe80::1%eth0", "[::1]", "::1.2.3", "1.2.3.4::", "::1.2.3.4:5", "+1::", "１.2.3.4",
        ])
    func notAddresses(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(
        "Networks are read",
        arguments: [
            ("192.0.2.0/24", "192.0.2.0/24"), ("0.0.0.0/0", "0.0.0.0/0"), ("192.0.2.1/32", "192.0.2.1/32"),
            ("192.0.2.128/25", "192.0.2.128/25"), ("2001:DB8::/32", "2001:db8::/32"), ("::/0", "::/0"),
            ("2001:db8::1/128", "2001:db8::1/128"),
        ])
    func networks(text: String, canonical: String) {
        #expect(IPPrefix(text)?.description == canonical)
    }

    @Test(
        "Other texts are no networks",
        arguments: [
            "", "192.0.2.0", "192.0.2.0/", "192.0.2.0/33", "192.0.2.1/24", "192.0.2.128/24", "2001:db8::/129",
            "2001:db8::1/64", "192.0.2.0/24/1", "192.0.2.0/-1", "192.0.2.0/+24", "192.0.2.0/024x", "/24",
        ])
    func notNetworks(text: String) {
        #expect(IPPrefix(text) == nil)
    }
}
