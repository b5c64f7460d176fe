/// What makes the generic shop somebody's own: a page, its colours and its sign.
package enum ShopSite {
    /// Where the pages are in the image.
    static let root = "srv/shop/"

    /// What `/up` answers with: the file whose text says which release this is. It is not among `files`, for a release
    /// is named after them.
    package static let releasePath = root + "up"

    /// The files of a shop, in the order of their paths. The same configuration gives the same bytes.
    ///
    /// - Throws: `badTemplate`, which a test rules out.
    package static func files(for shop: ShopConfiguration) throws(SiteError) -> [SiteFile] {
        let theme = Array(shop.theme.css.utf8)
        // A name of its own, so that browsers may keep it for good; and the plain one, for pages that are the same in
        // all shops, and for browsers that come from the release before with a name that is no more.
        let themeName = "theme.\(hash(theme)).css"
        let pages = [
            "index.html": try page(shop, theme: themeName),
            "icon.svg": try template(PackageResources.icon_svg).fill(colours(shop.theme)).html,
        ]
        var files = pages.map { SiteFile(path: root + $0.key, bytes: Array($0.value.utf8)) }
        files += [themeName, "theme.css"].map { SiteFile(path: root + $0, bytes: theme) }
        return files.sorted { $0.path < $1.path }
    }

    private static func page(_ shop: ShopConfiguration, theme: String) throws(SiteError) -> String {
        var phone = Markup(text: "")
        if let number = shop.phone, let link = shop.phoneLink {
            phone = try template(PackageResources.phone_html)
                .fill(["phone": Markup(text: number), "phone-link": Markup(text: link)])
        }
        let texts = [
            "title": shop.title, "email": shop.email, "mail-link": shop.mailLink, "domain": shop.domain,
            "theme": theme, "primary": shop.theme.primary.css,
        ]
        var values = texts.mapValues(Markup.init(text:))
        values["phone"] = phone
        return try template(PackageResources.index_html).fill(values).html
    }

    private static func colours(_ theme: Theme) -> [String: Markup] {
        [
            "primary": Markup(text: theme.primary.css), "secondary": Markup(text: theme.secondary.css),
            "ink": Markup(text: theme.primary.ink.css),
        ]
    }

    private static func template(_ bytes: [UInt8]) throws(SiteError) -> Template {
        try Template(String(decoding: bytes, as: UTF8.self))
    }

    /// FNV-1a, 64 bits: names of files need to differ, and nobody gains by two that are alike.
    private static func hash(_ bytes: [UInt8]) -> String {
        let hash = bytes.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        let text = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
