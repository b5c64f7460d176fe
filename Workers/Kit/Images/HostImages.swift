import Contracts

/// The layers of the images that a host's engine has.
package struct HostImages: Sendable {
    private let chains: [[ImageDigest]]

    /// A host of which nothing is known: it gets everything.
    package init() { chains = [] }

    /// Of what `docker image inspect --format '{{json .RootFS.Layers}}'` writes, a line for each image.
    ///
    /// A line that is no list of digests is passed over. What is not known to be there is shipped, which costs bytes
    /// and no more.
    package init(lines: some Sequence<String>) { chains = lines.compactMap(Self.chain) }

    /// How many of the layers, from the lowest on, the host has.
    ///
    /// An engine knows a layer by all that are below it: the same files upon others are another layer to it.
    func present(_ layers: [ImageDigest]) -> Int {
        chains.map { chain in zip(chain, layers).prefix { $0 == $1 }.count }.max() ?? 0
    }

    private static func chain(_ line: String) -> [ImageDigest]? {
        guard let tree = try? JSONTree(parsing: Array(line.utf8)) else { return nil }
        let elements = tree.elements
        let digests = elements.compactMap { $0.text.flatMap { ImageDigest($0) } }
        return digests.isEmpty || digests.count < elements.count ? nil : digests
    }
}
