import Contracts
import Runtime

/// Replicas as the containers of a compose project on one engine.
///
/// One more is a copy of the newest that there is, or one that was stopped before. One fewer is stopped with SIGTERM
/// and its own grace (`stop_grace_period`), and removed once it has ended: first those of an older configuration, then
/// those that are not well, then the highest number, as compose does it (docker/compose pull requests 11473 and 12272).
/// Of the last one the container stays: the next is made from it.
final class ComposeActuator: Actuator {
    private let engine: DockerEngine
    private var project: String?
    /// Those that were asked to stop, to be removed.
    private var retired: Set<String> = []

    /// - Parameter project: the compose project; `nil` where only one has the service.
    init(_ engine: DockerEngine, project: String?) {
        self.engine = engine
        self.project = project
    }

    /// In a container itself it means the project that the container belongs to.
    func meanOwnProject() {
        guard project == nil else { return }
        let own = try? engine.get("/containers/\(DockerEngine.escaped(Host.name))/json")
        project = own?["Config"]?["Labels"]?["com.docker.compose.project"]?.text
    }

    func replicas(of service: String) throws(Failure) -> Int? {
        let all = try containers(of: service)
        for container in all where retired.contains(container.id) && !container.isLive {
            // The last one is what the next is copied from.
            if all.contains(where: { $0.isLive }) { try engine.delete("/containers/\(container.id)?v=1") }
            retired.remove(container.id)
        }
        return live(all).count
    }

    func scale(_ service: String, to count: Int) throws(Failure) {
        let all = try containers(of: service)
        let live = live(all)
        guard count > live.count else {
            for container in Self.order(live).prefix(live.count - count) {
                retired.insert(container.id)
                try engine.begin("/containers/\(container.id)/stop")
            }
            return
        }
        guard let original = all.filter({ !retired.contains($0.id) || !$0.isLive }).max(by: Self.isOlder) else {
            throw Failure(
                .notFound, "no container of the service \(service) is there to make another from",
                "start it once: docker compose up -d \(service)")
        }
        var missing = count - live.count
        for idle in all where missing > 0 && !idle.isLive && idle.configuration == original.configuration {
            try engine.post("/containers/\(idle.id)/start")
            retired.remove(idle.id)
            missing -= 1
        }
        var taken = Set(all.map(\.number))
        for _ in 0..<missing {
            let number = (1...).first { !taken.contains($0) } ?? 1
            taken.insert(number)
            try copy(original.id, number)
        }
    }

    private func live(_ all: [ComposeContainer]) -> [ComposeContainer] {
        all.filter { $0.isLive && !retired.contains($0.id) }
    }

    private func copy(_ original: String, _ number: Int) throws(Failure) {
        let document = try engine.get("/containers/\(original)/json")
        let name = document["Config"]?["Image"]?.text ?? ""
        let id = document["Image"]?.text ?? name
        // A name that was given to another image since would bring another edition in.
        let named = try? engine.get("/images/\(DockerEngine.escaped(name))/json")["Id"]?.text
        let copy = try ContainerCopy(of: document, number: number, image: named == id ? name : id)
        let made = try engine.post("/containers/create?name=\(DockerEngine.escaped(copy.name))", copy.document)
        guard let made = made?["Id"]?.text else {
            throw Failure(.failure, "docker: a container without an id was made")
        }
        do throws(Failure) {
            for connection in copy.connections {
                var body = JSONTree.object([])
                body.set(["Container"], to: .text(made))
                body.set(["EndpointConfig"], to: connection.settings)
                try engine.post("/networks/\(DockerEngine.escaped(connection.network))/connect", body)
            }
            try engine.post("/containers/\(made)/start")
        } catch {
            try? engine.delete("/containers/\(made)?v=1&force=1")
            throw error
        }
    }

    /// The containers of a service, in any state.
    private func containers(of service: String) throws(Failure) -> [ComposeContainer] {
        var labels = ["com.docker.compose.service=\(service)", "com.docker.compose.oneoff=False"]
        if let project { labels.append("com.docker.compose.project=\(project)") }
        let list = try engine.get("/containers/json?all=1&filters=\(DockerEngine.filter("label", labels))")
        let found = list.elements.compactMap(ComposeContainer.init)
        let projects = Set(found.map(\.project))
        guard projects.count <= 1 else {
            throw Failure(
                .usage, "the projects \(projects.sorted().joined(separator: ", ")) have a service \(service)",
                "say which is meant: --project NAME")
        }
        return found
    }

    /// The order in which they are stopped.
    static func order(_ live: [ComposeContainer]) -> [ComposeContainer] {
        let newest = live.max(by: isOlder)?.configuration
        return live.sorted { one, other in
            if (one.configuration == newest) != (other.configuration == newest) { return one.configuration != newest }
            if one.isWell != other.isWell { return !one.isWell }
            return one.number > other.number
        }
    }

    private static func isOlder(_ one: ComposeContainer, _ other: ComposeContainer) -> Bool {
        (one.created, one.number) < (other.created, other.number)
    }
}

/// What a list of the engine's says of a container.
struct ComposeContainer: Equatable {
    let id: String
    let project: String
    let number: Int
    /// The hash of its configuration, and its image: equal for those that are replicas of each other.
    let configuration: String
    /// Seconds since 1970.
    let created: Int
    /// Whether it runs, or is about to.
    let isLive: Bool
    /// Whether nothing speaks against it.
    let isWell: Bool

    init?(_ entry: JSONTree) {
        guard let id = entry["Id"]?.text, let labels = entry["Labels"], let state = entry["State"]?.text else {
            return nil
        }
        self.id = id
        project = labels["com.docker.compose.project"]?.text ?? ""
        number = labels[ContainerCopy.numberLabel]?.text.flatMap(Int.init) ?? 0
        configuration =
            (labels["com.docker.compose.config-hash"]?.text ?? "") + " " + (entry["ImageID"]?.text ?? "")
        created = entry["Created"]?.number ?? 0
        isLive = ["running", "restarting", "paused"].contains(state)
        isWell = state == "running" && !(entry["Status"]?.text ?? "").contains("(unhealthy)")
    }
}
