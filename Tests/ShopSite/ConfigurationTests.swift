import Testing

@testable import ShopSite

@Suite("What makes a shop somebody's own")
struct ConfigurationTests {
    private func code(_ make: () throws(SiteError) -> ShopConfiguration) -> SiteError.Code? {
        do throws(SiteError) {
            _ = try make()
            return nil
        } catch {
            return error.code
        }
    }

    @Test("A title is not blank, and not longer than it may be")
    func titles() {
        for title in ["", " ", "\n\t\u{A0}", String(repeating: "x", count: 201)] {
            #expect(code { () throws(SiteError) in try Shop.configuration(title: title) } == .badTitle)
        }
    }

    @Test(
        "Addresses that no mail is sent to",
        arguments: [
            "", "a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b c", ".a@b", "a.@b", "a..b@c", "<a@b>", "a@b>", "a\n@b",
            "a@b\n", "\"a\"@b", "a@-b", "a@b-", "a@b..c", "a@b_c", "é@b", "a@é", "a,b@c", "a;b@c", "a@[127.0.0.1]",
            "a\u{0}@b", String(repeating: "a", count: 65) + "@b", "a@" + String(repeating: "b", count: 64),
        ])
    func addresses(_ address: String) {
        #expect(code { () throws(SiteError) in try Shop.configuration(email: address) } == .badEmail)
    }

    @Test(
        "Telephone numbers that are none", arguments: ["", "12", "1234567890123456", "12a34", "1+23", "12\n34", "１２３"])
    func phones(_ phone: String) {
        #expect(code { () throws(SiteError) in try Shop.configuration(phone: phone) } == .badPhone)
    }

    @Test(
        "Colours that are none",
        arguments: [
            "", "#fff", "red", "1f6f5c", "#1f6f5", "#1f6f5c0", "#1f6f5g", "#-1f6f5", "#１f6f5c", "#1f6f5c;}",
            " #1f6f5c",
        ])
    func colours(_ text: String) {
        #expect(code { () throws(SiteError) in try Shop.configuration(primary: text) } == .badColour)
        #expect(code { () throws(SiteError) in try Shop.configuration(secondary: text) } == .badColour)
    }

    @Test(
        "Names of DNS that are none",
        arguments: ["", ".", "a.", ".a", "-a.b", "a-.b", "a_b.c", "a b", "é.fr", "a/b", "a:80"])
    func domains(_ domain: String) {
        #expect(code { () throws(SiteError) in try Shop.configuration(domain: domain) } == .badDomain)
    }

    @Test("An error does not repeat what it was given")
    func errors() {
        do throws(SiteError) {
            _ = try Shop.configuration(email: "s3cret")
        } catch {
            #expect(!error.description.contains("s3cret"))
        }
    }
}
