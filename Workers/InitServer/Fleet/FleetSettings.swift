import AMQP
import Contracts
import Runtime

/// What the environment says about the fleet.
struct FleetSettings: Sendable {
    /// The folder with the recipes: `RECIPES`.
    let recipes: String
    /// Our private key, as it is now: `FLEET_KEY_FILE`, read for each run, or `FLEET_KEY`.
    let key: @Sendable () -> String?
    /// How many servers are dealt with at once: `FLEET_FORKS`.
    let forks: Int
    /// How long a recipe may take for so many servers as are dealt with at once: `FLEET_TIME_LIMIT`.
    let timeLimit: Duration
    /// Where servers ship their logs to: `FLEET_LOG_BROKER`.
    let logBroker: AMQPURI?
    /// Certificates to trust there, in PEM: `FLEET_LOG_CA`.
    let logAuthorities: String?
    /// Who may read the servers' metrics: `FLEET_METRICS_SOURCES`.
    let metricsSources: [String]
    /// Whom servers never ban: `FLEET_NEVER_BANNED`.
    let neverBanned: [String]

    /// Reads the settings; problems are noted there.
    init(reading settings: inout Settings) {
        recipes = settings.text("RECIPES") ?? Self.standardRecipes()
        let key = settings.text("FLEET_KEY", secret: true)
        self.key = settings.rereading("FLEET_KEY") ?? { key }
        forks = settings.integer("FLEET_FORKS", in: 1...200, default: 20)
        timeLimit = settings.duration("FLEET_TIME_LIMIT", default: .seconds(1800))
        if timeLimit < .seconds(1) { settings.refuse("FLEET_TIME_LIMIT must not be less than 1s") }
        let broker = settings.text("FLEET_LOG_BROKER", secret: true)
        // A file with nothing in it is what containers have until somebody says where.
        logBroker = broker.flatMap { $0.isEmpty ? nil : $0 }.flatMap {
            settings.parsed("FLEET_LOG_BROKER", $0) { (text) throws(AMQPError) in try AMQPURI(parsing: text) }
        }
        logAuthorities = settings.text("FLEET_LOG_CA")
        if logBroker?.tls != nil, logAuthorities == nil {
            settings.refuse("FLEET_LOG_CA is not set; servers trust nobody without it")
        }
        metricsSources = Self.networks("FLEET_METRICS_SOURCES", &settings)
        neverBanned = Self.networks("FLEET_NEVER_BANNED", &settings)
    }

    /// Addresses and networks between commas.
    private static func networks(_ name: String, _ settings: inout Settings) -> [String] {
        let words = (settings.text(name) ?? "").split(separator: ",").map { $0.filter { $0 != " " } }
        for word in words where IPAddress(word) == nil && IPPrefix(word) == nil {
            settings.refuse("\(name) takes addresses and networks such as 192.0.2.0/24, with commas between")
            return []
        }
        return words
    }

    /// Where recipes lie unless it is said: in an installation, in a checkout that this was built in, or else where an
    /// image has them.
    private static func standardRecipes() -> String {
        let folders = Installation.folders
        let installed = folders.dropFirst().prefix(1).map { "\($0)/share/ruche/recipes" }
        let candidates = installed + folders.map { "\($0)/Workers/InitServer/Recipes" }
        return candidates.first { Installation.hasFile("\($0)/base.yaml") } ?? "/usr/local/share/ruche/recipes"
    }
}
