package import Runtime

/// What the process is told.
package struct ShopSettings: Sendable {
    /// The key that opens servers as the operator, as it is now: `FLEET_KEY_FILE`, read for each run, or `FLEET_KEY`.
    package var key: @Sendable () -> String?
    /// The archive with the generic shop, as `docker save` writes it; `SHOP_IMAGE`.
    package var image: String
    /// Where archives lie while they are sent, without secrets; `SHIP_DIRECTORY`.
    package var shipping: String
    /// How long a lease lasts that is taken for a shop; it is renewed while the shop is there. `SHOP_LEASE`.
    package var lease: Duration
    /// How long an address that was given back is kept for its last holder; `QUARANTINE`, as for `lease-ip`.
    package var quarantine: Duration

    /// Who operates servers.
    static let operatorName = "ruche"
    /// Where a container serves.
    static let containerPort = 8080
    /// How many versions' images a server keeps of a shop, the one that serves among them.
    static let kept = 3
    /// How often in a row a version must answer before it gets customers.
    static let goodAnswers = 3
    /// How long it has for that.
    static let patience = Duration.seconds(30)
    /// How long those have who are served by a version that goes.
    static let drain = Duration.seconds(30)

    /// Reads the environment.
    package init(reading settings: inout Settings) {
        let key = settings.text("FLEET_KEY", secret: true)
        self.key = settings.rereading("FLEET_KEY") ?? { key }
        image = settings.text("SHOP_IMAGE") ?? "/usr/local/share/ruche/shop.tar"
        shipping = settings.text("SHIP_DIRECTORY") ?? "/tmp"
        lease = settings.duration("SHOP_LEASE", default: .seconds(2_592_000))
        quarantine = settings.duration("QUARANTINE", default: .seconds(600))
        if !(Duration.seconds(60)...Duration.seconds(2_592_000)).contains(lease) {
            settings.refuse("SHOP_LEASE takes a duration from 60s to 30d")
        }
    }
}
