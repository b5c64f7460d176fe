import Foundation
import Testing

@testable import ShopSite

/// What a shop is called reaches its page as text, and as nothing else.
@Suite("Titles are text")
struct TextTests {
    static let titles = [
        "Honey & Söhne", "\"; rm -rf / #", "{{ lookup('pipe','id') }}", "{{title}} {{phone}} }} {{", "{% raw %}",
        "</title><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\" onmouseover=\"alert(1)", "' x='",
        "--><!-- <![CDATA[ ]]>", "&lt;b&gt; &amp; &#39; &nbsp;", "`$(id)` $HOME ${IFS}", "a\nb\tc", "a\rb\r\nc",
        "\u{1F41D}\u{200D}\u{2642}\u{FE0F} \u{1F468}\u{200D}\u{1F469}", "\u{202E}gnp.exe\u{202C} \u{2067}שלום\u{2069}",
        "e\u{301}\u{323}\u{0} \u{1} \u{1B}[31m \u{7F}\u{85}", "\u{FEFF}\u{200B}x\u{FFFE}", "%3Cscript%3E %00",
        "x</style></svg></a></bdi></h1>", "\\\"\\u003cscript\\u003e", "javascript:alert(1)",
        String(repeating: "\u{1F41D}", count: 200), String(repeating: "<", count: 200),
    ]

    /// What is shown: U+FFFD for what is no text.
    private func shown(_ title: String) -> String {
        String(
            String.UnicodeScalarView(
                title.unicodeScalars.map { scalar in
                    scalar.properties.generalCategory == .control && !"\t\n\r".unicodeScalars.contains(scalar)
                        ? "\u{FFFD}" : scalar
                }))
    }

    @Test("A parser finds the title where it belongs, and a page of the same bones", arguments: titles)
    func text(_ title: String) throws {
        let page = try Shop.page(Shop.configuration(title: title))
        let places = page.all("title").map(\.text) + page.all("bdi").map(\.text).filter { !$0.hasPrefix("+33") }
        #expect(places.count == 4)
        for place in places {
            #expect(Array(place.unicodeScalars) == Array(shown(title).unicodeScalars), "\(place.debugDescription)")
        }
        let description = page.all("meta").first { $0["name"] == "description" }?["content"]
        #expect(description?.hasPrefix(shown(title)) == true)
        #expect(page.bones == (try Shop.page(Shop.configuration())).bones)
    }

    @Test("Contacts are links and texts of their own")
    func contacts() throws {
        let shop = try Shop.configuration(email: "o'neil+a&b=c?d%x@Shop-7.example")
        let page = try Shop.page(shop)
        let links = page.all("a")
        let mail = "mailto:o%27neil%2Ba%26b%3Dc%3Fd%25x@Shop-7.example"
        #expect(links.contains { $0["href"] == mail && $0.text == "o'neil+a&b=c?d%x@Shop-7.example" })
        #expect(links.count { $0["href"]?.hasPrefix(mail + "?subject=") == true } == 6)
        #expect(links.contains { $0["href"] == "tel:+33123456789" })
        #expect(page.all("bdi").contains { $0.text == "+33 1 23-45.67 (89)" })
        #expect(page.all("span").contains { $0.text == "shop.example" })
    }

    @Test("Without a telephone there is no link to one")
    func noPhone() throws {
        let page = try Shop.page(Shop.configuration(phone: nil))
        #expect(!page.all("a").contains { $0["href"]?.hasPrefix("tel:") == true })
        #expect(page.all("a").count == (try Shop.page(Shop.configuration())).all("a").count - 1)
        #expect(page.others == ["doctype html"])
    }

    @Test("A page has no script, no style of its own, and nothing from elsewhere")
    func still() throws {
        let page = try Shop.page(Shop.configuration())
        #expect(page.all("script").isEmpty && page.all("style").isEmpty && page.all("img").isEmpty)
        let names = Set(page.elements.flatMap { $0.attributes.map { ($0.first ?? "") ?? "" } })
        #expect(!names.contains { $0.hasPrefix("on") || $0 == "style" })
        for element in page.elements {
            let link = element["href"] ?? element["src"] ?? "/"
            let isOurs = link.hasPrefix("/") && !link.hasPrefix("//")
            #expect(isOurs || link.hasPrefix("#") || link.hasPrefix("mailto:") || link.hasPrefix("tel:"), "\(link)")
        }
    }

    @Test("What a page refers to is there: of the shop, of the generic one, or in the page itself")
    func links() throws {
        let shop = try Shop.configuration()
        let files = try ShopSite.files(for: shop).map { $0.path.replacing("srv/shop", with: "") }
        let page = try Shop.page(shop)
        let ids = Set(page.elements.compactMap { $0["id"] })
        for link in page.elements.compactMap({ $0["href"] }) {
            if link.hasPrefix("#") { #expect(ids.contains(String(link.dropFirst())), "\(link)") }
            guard link.hasPrefix("/"), link != "/", !files.contains(link) else { continue }
            #expect(try !Shop.generic("site\(link)").isEmpty, "\(link)")
        }
        #expect(files.contains("/index.html") && files.contains("/icon.svg") && files.contains("/theme.css"))
    }
}
