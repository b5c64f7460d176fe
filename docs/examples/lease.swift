import AMQP
import Contracts
import Foundation

let environment = ProcessInfo.processInfo.environment
let publisher = Publisher(uri: try AMQPURI(parsing: environment["AMQP_URL"]!), name: "example")
publisher.start()
publisher.publish([
    OutgoingMessage(
        exchange: Topology.commandExchange, routingKey: Topology.routingKey(for: LeaseIP.name),
        properties: Properties(contentType: "application/json", isPersistent: true, messageID: UUID().uuidString),
        body: LeaseIP(holder: "swift", ttlSeconds: 600).json())
])
print(publisher.waitForReports(upTo: .seconds(30)).map(\.outcome))
publisher.close(within: .seconds(1))
