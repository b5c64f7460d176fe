import Contracts

/// One more replica: what the engine is asked to make, from what it says of one that is there.
///
/// What makes a container of compose's is in it already: its labels with the hash of its configuration, image, mounts,
/// limits, log driver, network. Only its name, its number and what the engine gave to it alone differ. So compose takes
/// it for its own, and nothing is read anew from files that may have changed since, or lie elsewhere for whoever asks.
struct ContainerCopy {
    static let numberLabel = "com.docker.compose.container-number"

    /// What to send to `/containers/create`.
    let document: JSONTree
    /// Its name.
    let name: String
    /// The networks that it has to be connected to besides the first, and how.
    let connections: [(network: String, settings: JSONTree)]

    /// - Parameters:
    ///   - original: the engine's answer to `/containers/ID/json`.
    ///   - number: the number that the copy gets.
    ///   - image: the name of the image, if it still means the image that the original runs; its id otherwise.
    init(of original: JSONTree, number: Int, image: String) throws(Failure) {
        guard let id = original["Id"]?.text, var config = original["Config"], let host = original["HostConfig"],
            let title = original["Name"]?.text
        else { throw Failure(.failure, "docker: a container is described without its configuration") }
        let oldName = title.hasPrefix("/") ? String(title.dropFirst()) : title
        let stem = oldName.reversed().drop { $0.isASCII && $0.isNumber }.reversed()
        guard let separator = stem.last, "-_".contains(separator) else {
            throw Failure(.failure, "\(oldName) has a name of its own, and there can be one such container only")
        }
        name = String(stem) + "\(number)"
        let short = String(id.prefix(12))
        // A host name that was set is kept; the one that the engine made is the original's.
        if config["Hostname"]?.text == short { config = config.without("Hostname") }
        config = config.without("MacAddress")
        config.set(["Image"], to: .text(image))
        config.set(["Labels", Self.numberLabel], to: .text("\(number)"))

        let own: Set<String> = [short, oldName, id]
        var networks: [(network: String, settings: JSONTree)] = []
        for network in original["NetworkSettings"]?["Networks"]?.names ?? [] {
            let aliases = original["NetworkSettings"]?["Networks"]?[network]?["Aliases"]?.elements ?? []
            var settings = JSONTree.object([])
            settings.set(["Aliases"], to: .list(aliases.compactMap(\.text).filter { !own.contains($0) }))
            networks.append((network, settings))
        }
        let mode = host["NetworkMode"]?.text ?? ""
        if mode == "host" || mode == "none" || mode.hasPrefix("container:") { networks = [] }
        // Engines before 25 take one network when they make a container (docker/compose pull request 11429).
        let first = networks.firstIndex { $0.network == mode } ?? networks.startIndex
        config.set(["HostConfig"], to: host)
        if networks.indices.contains(first) {
            let network = networks.remove(at: first)
            config.set(["NetworkingConfig", "EndpointsConfig", network.network], to: network.settings)
        }
        document = config
        connections = networks
    }
}

extension JSONTree {
    /// The same object without one of its members.
    func without(_ name: String) -> JSONTree {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { $0.name != name })
    }
}
