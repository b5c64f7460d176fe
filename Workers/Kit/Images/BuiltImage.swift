/// An image that was made: a base and a layer more.
package struct BuiltImage: Sendable {
    let document: ImageDocument
    let parts: [ImageLayer]

    /// The digest of its configuration, by which engines know it (unless they keep images in containerd: there it is
    /// the digest of a manifest that the engine makes).
    package var id: ImageDigest { document.id }
    /// The diff ids of its layers, the lowest first; every engine says the same of it (`RootFS.Layers`).
    package var layers: [ImageDigest] { document.layers }
    /// The system that it is for, such as `linux`.
    package var os: String { document.os }
    /// The processor that it is for, such as `amd64`.
    package var architecture: String { document.architecture }
    /// All of its labels, the base's included.
    package var labels: [String: String] { document.labels }
    /// How many bytes its layers have, as they would be shipped.
    package var size: Int64 { parts.reduce(0) { $0 + $1.size } }

    /// What has to be sent so that a host has the image by that name. Nothing is read or written yet.
    ///
    /// An engine that keeps images itself, as all before 29 do unless told otherwise, needs nothing of layers that it
    /// has. One with containerd's store refuses such an archive; whoever is refused sends `HostImages()` everything.
    ///
    /// - Parameter reference: name and tag, as in `ruche-shop/honey:0123456789abcdef`.
    /// - Throws: `badReference`.
    package func shipment(as reference: String, to host: HostImages) throws(ImageError) -> Shipment {
        guard ImageReference.isValid(reference) else {
            throw ImageError(.badReference, "no name and tag that an engine takes")
        }
        return Shipment(reference: reference, image: self, present: host.present(layers))
    }
}
