import Contracts
import Runtime

/// Replicas as the tasks of a replicated Swarm service, changed as `docker service scale` does it: the specification is
/// sent back with another number and the version that it was read at, so that somebody else's change is never undone.
final class SwarmActuator: Actuator {
    private let engine: DockerEngine
    private let stack: String?

    /// - Parameter stack: the name of the stack; `nil` where only one has the service.
    init(_ engine: DockerEngine, stack: String?) {
        self.engine = engine
        self.stack = stack
    }

    func replicas(of service: String) throws(Failure) -> Int? {
        let found = try find(service)
        guard let count = found["Spec"]?["Mode"]?["Replicated"]?["Replicas"]?.number else {
            throw Failure(.failure, "the service \(service) is not replicated, so it has no number of replicas")
        }
        return count
    }

    func scale(_ service: String, to count: Int) throws(Failure) {
        let found = try find(service)
        guard let id = found["ID"]?.text, let version = found["Version"]?["Index"]?.number, var spec = found["Spec"]
        else {
            throw Failure(.failure, "docker: a service is described without its specification")
        }
        spec.set(["Mode", "Replicated", "Replicas"], to: .raw(Array("\(count)".utf8)))
        try engine.post("/services/\(id)/update?version=\(version)", spec)
    }

    private func find(_ service: String) throws(Failure) -> JSONTree {
        let query = stack.map { "?filters=" + DockerEngine.filter("label", ["com.docker.stack.namespace=\($0)"]) } ?? ""
        let found = try engine.get("/services\(query)").elements.filter { entry in
            let name = entry["Spec"]?["Name"]?.text ?? ""
            return name == service || name == (stack ?? Self.stack(of: entry)) + "_" + service
        }
        guard let only = found.first else {
            throw Failure(.notFound, "no Swarm service is called \(service)", "docker service ls says which there are")
        }
        guard found.count == 1 else {
            let names = found.compactMap { $0["Spec"]?["Name"]?.text }.sorted().joined(separator: ", ")
            throw Failure(.usage, "\(names) could be meant by \(service)", "say which stack: --project NAME")
        }
        return only
    }

    private static func stack(of entry: JSONTree) -> String {
        entry["Spec"]?["Labels"]?["com.docker.stack.namespace"]?.text ?? ""
    }
}
