import Foundation
import Synchronization
import TestSupport

/// As much of a Docker engine as the actuators speak to, for what a real one does not do on demand. What a real one
/// does is tested by `AutoscaleDockerTests`.
final class FakeEngine: Sendable {
    struct Container: Sendable {
        var id: String
        var name: String
        var project = "shop"
        var number: Int
        var hash = "h1"
        var image = "sha256:1"
        var created: Int
        var state = "running"
        var status = "Up 2 seconds"
    }

    private struct State: Sendable {
        var containers: [Container] = []
        /// The bodies of what was asked to be made.
        var made: [String] = []
        var stopped: [String] = []
    }

    private let state = Mutex(State())

    init(_ containers: [Container]) { state.withLock { $0.containers = containers } }

    var containers: [Container] { state.withLock { $0.containers } }
    var made: [String] { state.withLock { $0.made } }
    var stopped: [String] { state.withLock { $0.stopped } }

    func change(_ body: (inout [Container]) -> Void) { state.withLock { body(&$0.containers) } }

    /// What it answers to a request.
    func answer(_ request: String) -> [ScriptedServer.Move] {
        let words = request.split(separator: " ")
        let path = words[1].split(separator: "?")[0]
        let parts = path.split(separator: "/").map(String.init)
        return switch (words[0], parts.first, parts.last) {
        case ("GET", "containers", "json") where parts.count == 2: [ScriptedServer.answer("200 OK", list())]
        case ("GET", "containers", "json"): [ScriptedServer.answer("200 OK", description(parts[1]))]
        case ("GET", "images", _): [ScriptedServer.answer("200 OK", #"{"Id":"sha256:1"}"#)]
        case ("POST", "containers", "create"): [ScriptedServer.answer("201 Created", make(request))]
        case ("POST", "containers", "start"): [start(parts[1])]
        // The grace is over long after nobody waits any more.
        case ("POST", "containers", "stop"): stop(parts[1])
        case ("DELETE", "containers", _): [remove(parts[1])]
        default: [ScriptedServer.answer("404 Not Found", #"{"message":"no such path"}"#)]
        }
    }

    private func list() -> String {
        let entries = containers.map { container in
            """
            {"Id":"\(container.id)","State":"\(container.state)","Status":"\(container.status)",\
            "Created":\(container.created),"ImageID":"\(container.image)","Labels":{\
            "com.docker.compose.project":"\(container.project)","com.docker.compose.service":"lease-ip",\
            "com.docker.compose.config-hash":"\(container.hash)",\
            "com.docker.compose.container-number":"\(container.number)"}}
            """
        }
        return "[\(entries.joined(separator: ","))]"
    }

    private func description(_ id: String) -> String {
        guard let container = containers.first(where: { $0.id == id }) else { return "{}" }
        return """
            {"Id":"\(id)","Name":"/\(container.name)","Image":"sha256:1","Config":{"Hostname":"\(id.prefix(12))",\
            "Image":"ruche:local","Labels":{"com.docker.compose.container-number":"\(container.number)"}},\
            "HostConfig":{"NetworkMode":"shop_backend"},"NetworkSettings":{"Networks":{"shop_backend":{"Aliases":\
            ["lease-ip","\(id.prefix(12))"]}}}}
            """
    }

    private func make(_ request: String) -> String {
        let id = "made\(state.withLock { $0.made.count })"
        let name = request.firstMatch(of: /name=([^ &]+)/).map { String($0.output.1) } ?? ""
        let number = Int(name.split(separator: "-").last ?? "") ?? 0
        let body = String(request[(request.firstRange(of: "\r\n\r\n")?.upperBound ?? request.startIndex)...])
        state.withLock {
            $0.made.append(body)
            $0.containers.append(Container(id: id, name: name, number: number, created: 1000, state: "created"))
        }
        return #"{"Id":"\#(id)"}"#
    }

    private func start(_ id: String) -> ScriptedServer.Move {
        change { all in
            for place in all.indices where all[place].id == id { all[place].state = "running" }
        }
        return ScriptedServer.answer("204 No Content")
    }

    private func stop(_ id: String) -> [ScriptedServer.Move] {
        state.withLock { $0.stopped.append(id) }
        return [.hang]
    }

    private func remove(_ id: String) -> ScriptedServer.Move {
        change { $0.removeAll { $0.id == id } }
        return ScriptedServer.answer("204 No Content")
    }
}
