import AMQP
import Contracts
import Runtime
import Testing

@testable import Relay

@Suite struct RelayDeadLetterTests {
    static func death(_ queue: String) -> FieldValue {
        .table(["queue": .string(queue), "reason": "delivery_limit", "count": 1])
    }

    static func letter(_ headers: Headers, id: String? = "m-1", userID: String? = nil) -> DeadLetter {
        DeadLetter(
            Delivery(
                queue: Topology.deadLetterQueue, exchange: Topology.deadLetterExchange, routingKey: "lease-ip",
                properties: Properties(
                    contentType: "application/json", headers: headers, correlationID: "c-1", messageID: id,
                    userID: userID, appID: "shop"),
                body: Array("{}".utf8)))
    }

    struct Case: Sendable {
        let headers: Headers
        let origin: String?

        init(_ headers: Headers, _ origin: String?) {
            self.headers = headers
            self.origin = origin
        }
    }

    static let cases: [Case] = [
        Case(["x-death": .array([death("ruche.lease-ip")])], "ruche.lease-ip"),
        Case(["x-death": .array([death("ruche.lease-ip"), death("shop.delay")])], "ruche.lease-ip"),
        Case(["x-first-death-queue": "ruche.lease-ip"], "ruche.lease-ip"),
        Case(["x-death": .array([death("shop.events")])], nil),
        Case(["x-death": .array([death("ruche.dead")])], nil),
        Case(["x-death": "nonsense"], nil),
        Case([:], nil),
    ]

    @Test(arguments: cases)
    func theLatestDeathNamesTheOrigin(example: Case) {
        #expect(DeadLetter.origin(example.headers) == example.origin)
    }

    @Test func itGoesBackAsItWasWithoutItsDeath() throws {
        let headers: Headers = [
            "x-death": .array([Self.death("ruche.lease-ip")]), "x-first-death-queue": "ruche.lease-ip",
            "x-first-death-reason": "delivery_limit", "x-last-death-queue": "ruche.lease-ip", "x-delivery-count": 100,
            "CC": .array(["elsewhere"]), "tenant": "acme", "ruche-turn": 3, "x-own": "kept",
        ]
        let message = try #require(Self.letter(headers, userID: "shop").returned)
        #expect(message.exchange == "")
        #expect(message.routingKey == "ruche.lease-ip")
        #expect(message.mandatory)
        #expect(message.body == Array("{}".utf8))
        #expect(message.properties.messageID == "m-1")
        #expect(message.properties.correlationID == "c-1")
        #expect(message.properties.appID == "shop")
        #expect(message.properties.userID == nil)
        #expect(message.properties.isPersistent)
        #expect(message.properties.headers.map(\.name) == ["tenant", "ruche-turn", "x-own", Topology.returnsHeader])
        #expect(message.properties.headers[Topology.returnsHeader] == 1)
    }

    @Test func theKeyIsTheLedgers() {
        let headers: Headers = ["x-death": .array([Self.death("ruche.lease-ip")]), "tenant": "acme"]
        #expect(Self.letter(headers).key == UniqueID(bytes: Digest.key("lease-ip", "acme", "m-1")))
        #expect(Self.letter(headers, id: nil).key == nil)
        #expect(Self.letter([:]).key == nil)
    }

    @Test func aCountThatNobodyCanRaiseDoesNotStopTheRelay() throws {
        let message = try #require(
            Self.letter(["x-first-death-queue": "ruche.lease-ip", Topology.returnsHeader: .int(.max)]).returned)
        #expect(message.properties.headers[Topology.returnsHeader] == 1_000_001)
    }

    @Test(arguments: [(0, 0), (1, 250), (2, 500), (7, 16_000), (8, 30_000), (1000, 30_000)])
    func everyReturnWaitsLonger(returns: Int, milliseconds: Int) {
        let letter = Self.letter([Topology.returnsHeader: .int(returns)])
        #expect(letter.returns == returns)
        #expect(letter.pace == .milliseconds(milliseconds))
    }

    @Test(arguments: [
        ("ruche.lease-ip", "lease-ip" as CommandName?), ("ruche.dead", nil), ("ruche.", nil), ("lease-ip", nil),
        ("ruche.Lease", nil),
    ])
    func aQueueTellsItsCommand(queue: String, command: CommandName?) {
        #expect(Topology.command(ofQueue: queue) == command)
    }
}
