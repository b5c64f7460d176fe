import Foundation

@testable import ShopSite

/// Shops of tests.
enum Shop {
    static func configuration(
        title: String = "Honey", email: String = "hello@shop.example", phone: String? = "+33 1 23-45.67 (89)",
        primary: String = "#1F6f5c", secondary: String = "#f2b544", domain: String = "shop.example"
    ) throws(SiteError) -> ShopConfiguration {
        try ShopConfiguration(
            title: title, contactEmail: email, contactPhone: phone, primaryColour: primary, secondaryColour: secondary,
            domain: domain)
    }

    /// A file of a shop.
    static func file(_ name: String, of shop: ShopConfiguration) throws -> [UInt8]? {
        try ShopSite.files(for: shop).first { $0.path == "srv/shop/\(name)" }?.bytes
    }

    /// The page of a shop, parsed.
    static func page(_ shop: ShopConfiguration) throws -> Page { try Page(file("index.html", of: shop) ?? []) }

    /// A file of the generic shop.
    static func generic(_ name: String) throws -> String {
        let checkout = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: checkout.appending(path: "Workers/DeployShop/Shop/\(name)"), encoding: .utf8)
    }
}
