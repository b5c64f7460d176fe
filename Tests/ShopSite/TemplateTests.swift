import Testing

@testable import ShopSite

@Suite("Pages with slots")
struct TemplateTests {
    @Test("What is put in is not looked at again")
    func once() throws {
        let template = try Template("<a b=\"{{one}}\">{{two}}</a>{{one}}")
        let filled = try template.fill(["one": Markup(text: "{{two}}"), "two": Markup(text: "<{{one}}>")])
        #expect(filled.html == "<a b=\"{{two}}\">&lt;{{one}}&gt;</a>{{two}}")
        #expect(template.slots == ["one", "two"])
    }

    @Test("Braces that are no slot", arguments: ["{{", "{{a", "{{}}", "{{A}}", "{{a b}}", "a}}", "{{a}}}}", "{{{a}}}"])
    func malformed(_ page: String) { #expect(throws: SiteError.self) { try Template(page) } }

    @Test("A slot without a value, and a value without a slot")
    func values() throws {
        let template = try Template("{{one}}")
        for values in [[:], ["two": "x"], ["one": "x", "two": "y"]] as [[String: String]] {
            #expect(throws: SiteError.self) { try template.fill(values.mapValues(Markup.init(text:))) }
        }
        #expect(try Template("").fill([:]).html.isEmpty)
    }

    @Test("Every slot of our pages stands between tags, or between the quotes of an attribute")
    func places() throws {
        for page in [PackageResources.index_html, PackageResources.phone_html, PackageResources.icon_svg] {
            let text = String(decoding: page, as: UTF8.self)
            #expect(!text.contains("<script") && !text.contains("<style"))
            for slot in text.ranges(of: try Regex(#"\{\{[a-z-]+\}\}"#)) {
                let before = text[..<slot.lowerBound]
                let isInTag =
                    before.lastIndex(of: "<") ?? text.startIndex > before.lastIndex(of: ">") ?? text.startIndex
                guard isInTag else { continue }
                let tag = before[(before.lastIndex(of: "<") ?? text.startIndex)...]
                #expect(tag.count { $0 == "\"" } % 2 == 1, "\(tag)")
                // A link is made of a value as a whole: nothing can become its scheme.
                #expect(tag.hasSuffix("=\"") || tag.hasSuffix("href=\"/"), "\(tag)")
            }
        }
    }
}
