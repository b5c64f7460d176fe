import Testing

@testable import Contracts

/// Names in the world: hosts, addresses for mail, colours.
@Suite struct NamePatternTests {
    @Test(arguments: ["shop.example", "a.b", "xn--caf-dma.example", "a-b.c-d.example", "1.example", "a.b1"])
    func hosts(text: String) { #expect(TextPattern.host.accepts(text)) }

    @Test(
        arguments: [
            "", "shop", "Shop.example", ".example", "shop.", "shop..example", "-a.example", "a-.example", "127.0.0.1",
            "shop.example:80", "shop example", "shop.example\n", "a_b.example", "é.example", "shop.1a", "a.b;quit",
            String(repeating: "a", count: 64) + ".example",
            String(repeating: "abcdefg.", count: 32) + "example",
        ])
    func noHosts(text: String) { #expect(!TextPattern.host.accepts(text)) }

    @Test(arguments: ["info@shop.example", "a.b+c@Shop.Example", "o'neil@a.b"])
    func emails(text: String) { #expect(TextPattern.email.accepts(text)) }

    @Test(
        arguments: [
            "", "info", "@shop.example", "info@", "info@shop", "a@b@c.d", "a b@c.d", ".a@b.c", "a.@b.c", "a..b@c.d",
            "\"a\"@b.c", "a@b.c\r\nBcc: x@y.z", "<a@b.c>", String(repeating: "a", count: 65) + "@b.c",
        ])
    func noEmails(text: String) { #expect(!TextPattern.email.accepts(text)) }

    @Test(arguments: [("#0f766e", true), ("#ABCDEF", true), ("0f766e", false), ("#0f766", false), ("#0f766g", false)])
    func colours(text: String, isOne: Bool) { #expect(TextPattern.colour.accepts(text) == isOne) }
}
