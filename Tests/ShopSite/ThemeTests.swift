import Testing

@testable import ShopSite

@Suite("Colours")
struct ThemeTests {
    /// Every 15th step of each of the three, and so black and white too.
    private static let colours = stride(from: 0, through: 255, by: 15).flatMap { red in
        stride(from: 0, through: 255, by: 15).flatMap { green in
            stride(from: 0, through: 255, by: 15).map { blue in
                Colour(red: UInt8(red), green: UInt8(green), blue: UInt8(blue))
            }
        }
    }

    @Test("Contrast is that of WCAG")
    func contrast() throws {
        #expect(abs(Colour.black.contrast(with: .white) - 21) < 0.001)
        let grey = try #require(Colour("#777777"))
        #expect(abs(grey.contrast(with: .white) - 4.478) < 0.001)
        let red = try #require(Colour("#ff0000"))
        #expect(abs(red.contrast(with: .white) - 3.998) < 0.001)
    }

    @Test("On any colour text can be read, and links in it by day and by night")
    func legibility() {
        for colour in Self.colours {
            #expect(colour.ink.contrast(with: colour) >= 4.5, "\(colour.css)")
            let (day, night) = (colour.legible(on: Theme.day), colour.legible(on: Theme.night))
            for background in [Theme.day, .white] {
                #expect(day.contrast(with: background) >= 4.5, "\(colour.css) by day")
            }
            for background in [Theme.night, Theme.nightPage] {
                #expect(night.contrast(with: background) >= 4.5, "\(colour.css) by night")
            }
        }
    }

    @Test("A colour that can be read stays as it is")
    func same() throws {
        let green = try #require(Colour("#1f6f5c"))
        #expect(green.legible(on: Theme.day) == green && green.css == "#1f6f5c")
        #expect(Colour("#ABCDEF")?.css == "#abcdef")
    }

    @Test("The style sheet is made of properties that are colours")
    func css() throws {
        let css = try #require(try Shop.file("theme.css", of: Shop.configuration()))
        let lines = String(decoding: css, as: UTF8.self).split(separator: "\n")
        let properties = lines.filter { $0.contains("--") }
        #expect(properties.allSatisfy { $0.wholeMatch(of: /\s+--[a-z-]+: #[0-9a-f]{6};/) != nil })
        let others = lines.filter { !$0.contains("--") }.map { String($0.trimmingPrefix { $0 == " " }) }
        #expect(Set(others) == [":root {", "}", "@media (prefers-color-scheme: dark) {"])
        #expect(properties.contains("  --primary: #1f6f5c;"))
    }

    @Test("The generic shop has the same properties, and what links are read on is the same")
    func generic() throws {
        let generic = try Shop.generic("site/shop.css")
        let css = Theme(primary: .black, secondary: .white).css
        for property in css.matches(of: /--[a-z-]+:/) {
            #expect(generic.contains("  \(property.output)"), "\(property.output)")
        }
        let pages = generic.matches(of: /--page: (#[0-9a-f]{6});/).map { String($0.output.1) }
        let cards = generic.matches(of: /--raised: (#[0-9a-f]{6});/).map { String($0.output.1) }
        #expect(pages == [Theme.day.css, Theme.nightPage.css] && cards == [Colour.white.css, Theme.night.css])
    }

    @Test("The same shop has the same files, and one that differs in a colour a theme of another name")
    func names() throws {
        func names(_ shop: ShopConfiguration) throws -> [String] { try ShopSite.files(for: shop).map(\.path) }
        let shop = try Shop.configuration()
        #expect(try ShopSite.files(for: shop) == ShopSite.files(for: Shop.configuration(primary: "#1f6F5C")))
        let (one, other) = (try names(shop), try names(Shop.configuration(secondary: "#f2b545")))
        #expect(one.count == 4 && one == one.sorted() && Set(one).symmetricDifference(other).count == 2)
        let themes = one.filter { $0.wholeMatch(of: /srv\/shop\/theme\.[0-9a-f]{16}\.css/) != nil }
        #expect(themes.count == 1)
        #expect(try Shop.generic("nginx.conf").contains(#""^/theme\.[0-9a-f]{16}\.css$""#))
    }
}
