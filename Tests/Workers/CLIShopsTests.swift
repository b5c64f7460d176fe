import Contracts
import Testing

@testable import CLI

/// How shops are named, found and asked for.
@Suite struct CLIShopsTests {
    private static let words = [
        "teapots", "--title", "x", "--contact-email", "a@b.example", "--primary-color", "#0f766e", "--secondary-color",
        "#f59e0b", "--domain", "teapots.example",
    ]

    @Test(arguments: [("default", "teapots"), ("one_of us", "a-1")])
    func aPlaceInTheListIsReadBack(tenant: String, slug: String) {
        let place = ShopCursor(tenant: tenant, slug: slug)
        #expect(ShopCursor(place.description) == place)
    }

    @Test(arguments: ["", "teapots", "_default", "teapots_"])
    func whatIsNoPlaceIsRefused(text: String) {
        #expect(ShopCursor(text) == nil)
    }

    @Test func whatIsSaidOfAShopIsItsConfiguration() throws {
        let lease = UniqueID(high: 1, low: 2)
        let line = Self.words + ["--phone", "+33 1", "--lease", lease.description]
        let command = try ShopOrder.deployment(Invocation(.shopsDeploy, line))
        #expect(
            command
                == DeployShop(
                    shop: "teapots", title: "x", contactEmail: "a@b.example", contactPhone: "+33 1",
                    primaryColor: "#0f766e", secondaryColor: "#f59e0b", domain: "teapots.example", lease: lease))
        let short = try ShopOrder.deployment(Invocation(.shopsDeploy, Self.words))
        #expect(short.lease == nil && short.contactPhone == nil)
    }

    @Test func whatAShopNeedsIsNamed() {
        let failure = #expect(throws: Failure.self) {
            try ShopOrder.deployment(Invocation(.shopsDeploy, ["teapots", "--title", "x", "--domain", "a.example"]))
        }
        #expect(failure?.code == .usage)
        #expect(failure?.lines.first == "a shop needs --contact-email, --primary-color, --secondary-color")
    }

    @Test(arguments: [["--wait", "--follow"], ["--follow", "-o", "csv"], ["--lease", "mine"]])
    func aWrongWishForAShopIsRefused(words: [String]) {
        let failure = #expect(throws: Failure.self) {
            try Verb.shopsDeploy.run(Invocation(.shopsDeploy, Self.words + words + ["--dry-run"]))
        }
        #expect(failure?.code == .usage)
    }

    @Test(
        arguments: [
            ["--status", "alive"], ["--within", "soon"], ["--server", "web-1"], ["--after", "x"], ["--limit", "0"],
        ])
    func aWrongQuestionAboutShopsIsRefused(words: [String]) {
        let failure = #expect(throws: Failure.self) { try ShopListing(Invocation(.shopsList, words)) }
        #expect(failure?.code == .usage)
    }

    @Test func theOnlyPlaceOfARunIsAsFarAsTheRun() {
        var board = RunBoard()
        let line = FoundRunLine(
            number: 1, at: Timestamp(microseconds: 0), place: "a.example", step: "ship", state: "started", text: "")
        board.take([line])
        board.take(Contracts.Progress(step: "ship", done: 3, total: 12))
        func bar(_ outcome: Outcome?) -> [String] {
            board.pageRows(after: outcome).map { $0[2].shown(relativeTo: nil) }
        }
        #expect(bar(nil) == ["[##........]"])
        #expect(bar(.succeeded) == ["[##########]"])
    }

    @Test(arguments: [
        (["shops", ""], ["list", "show", "deploy", "rollback", "retire"]),
        (["shops", "list", "--status", "L"], ["LIVE"]),
        (["shops", "deploy", "a", "--prim"], ["--primary-color"]), (["servers", "list", "--status", "P"], ["PENDING"]),
    ])
    func tabOffersThem(words: [String], offered: [String]) {
        #expect(Completion.candidates(words).map(\.word) == offered)
    }
}
