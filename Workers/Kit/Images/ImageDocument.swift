import Contracts

/// The configuration of an image (OCI image specification, `application/vnd.oci.image.config.v1+json`). What is not
/// understood of it stays as it is.
struct ImageDocument: Sendable {
    /// The document; its digest is the image's id.
    let bytes: [UInt8]
    private let tree: JSONTree
    let layers: [ImageDigest]
    let os: String
    let architecture: String

    /// - Throws: `malformed`.
    init(_ bytes: [UInt8]) throws(ImageError) {
        guard let tree = try? JSONTree(parsing: bytes), let os = tree["os"]?.text,
            let architecture = tree["architecture"]?.text, let list = tree["rootfs"]?["diff_ids"]?.elements
        else { throw ImageError(.malformed, "the image's configuration is none") }
        layers = list.compactMap { $0.text.flatMap { ImageDigest($0) } }
        guard layers.count == list.count, !layers.isEmpty else {
            throw ImageError(.malformed, "the image's configuration names a layer by something else than its digest")
        }
        (self.bytes, self.tree, self.os, self.architecture) = (bytes, tree, os, architecture)
    }

    /// The image's id.
    var id: ImageDigest { ImageDigest(of: bytes) }

    /// The labels, without those that have no text.
    var labels: [String: String] {
        let labels = tree["config"]?["Labels"]
        let pairs = (labels?.names ?? []).compactMap { name in (labels?[name]?.text).map { (name, $0) } }
        return Dictionary(pairs) { $1 }
    }

    /// The configuration with a layer more. The time stays that of the image below: the same layer gives the same
    /// image.
    func adding(_ layer: ImageDigest, labels: [String: String], by author: String) throws(ImageError) -> ImageDocument {
        var tree = tree.without(["container", "container_config"])
        let created = tree["created"]?.text ?? "1970-01-01T00:00:00Z"
        var step = JSONTree.object([])
        step.set(["created"], to: .text(created))
        step.set(["created_by"], to: .text(author))
        tree.set(["created"], to: .text(created))
        tree.set(["history"], to: .list((tree["history"]?.elements ?? []) + [step]))
        tree.set(["rootfs", "type"], to: .text("layers"))
        tree.set(["rootfs", "diff_ids"], to: .list((layers + [layer]).map { .text($0.description) }))
        for (name, text) in labels.sorted(by: { $0.key < $1.key }) {
            tree.set(["config", "Labels", name], to: .text(text))
        }
        return try ImageDocument(tree.bytes)
    }
}
