import Contracts
import Images
import Processes
import Runtime
import SSH
import ShopSite

/// A shop's image, made of the generic shop and its configuration, and how it comes to a server.
struct ShopImage: Sendable {
    let slug: String
    let tag: String
    let built: BuiltImage
    private let settings: ShopSettings

    /// Makes it. Nothing is run for that: the configuration is bytes in a layer.
    static func build(
        _ slug: String, _ configuration: ShopConfiguration, _ settings: ShopSettings
    ) async throws(Rejection) -> ShopImage {
        do {
            return try await OffPool.run("build") { () throws(any Error) in
                let base = try BaseImage(archive: settings.image)
                let pages = try ShopSite.files(for: configuration)
                var entries = pages.map { LayerEntry.file($0.path, $0.bytes) }
                let labels = ["dev.ruche.shop": slug]
                let tag = try base.release(of: entries, labels: labels)
                entries.append(.file(ShopSite.releasePath, Array("\(tag)\n".utf8)))
                let all = labels.merging(["dev.ruche.release": tag]) { $1 }
                let built = try base.adding(entries, labels: all, by: "deploy-shop")
                return ShopImage(slug: slug, tag: tag, built: built, settings: settings)
            }
        } catch {
            throw .transient("image-not-built", "The image cannot be built: \(error)")
        }
    }

    /// Looks whether the server takes the image. Returns what its engine has, as lines for ``HostImages``.
    ///
    /// - Throws: `engine-away`, `wrong-architecture`, `disk-full`.
    func preflight(_ door: ServerDoor) async throws(Rejection) -> [String] {
        let platform: String?
        let room: Int?
        let lines: [String]
        do throws(SSHError) {
            platform = try await door.platform()
            room = try await door.room()
            lines = try await platform == nil ? [] : door.allLayers()
        } catch {
            throw Rejection(error, "Looking at the server")
        }
        guard let platform else { throw .refused("engine-away", "The server's engine does not answer.") }
        guard platform == "\(built.os)/\(built.architecture)" else {
            throw .refused(
                "wrong-architecture", "The server runs \(platform), the image \(built.os)/\(built.architecture).")
        }
        let size: Int64
        do throws(ImageError) {
            size = try built.shipment(as: door.reference(tag), to: HostImages(lines: lines)).size
        } catch {
            throw .transient("image-not-built", "The image cannot be packed: \(error)")
        }
        // The archive, its layers unpacked, and room for what the server does besides.
        let needed = Int(size) * 3 + 268_435_456
        guard let room, room >= needed else {
            throw .refused("disk-full", "The server has less than \(needed >> 20) MiB left for images.")
        }
        return lines
    }

    /// Sends what the server lacks, and has its engine read it. Returns how many bytes that were; `nil` when the image
    /// is not there afterwards.
    func ship(to door: ServerDoor, _ host: HostImages, _ desk: ShopDesk) async throws(Rejection) -> Int? {
        let file = ShippedFile(settings.shipping, desk.run)
        let path = file.path
        try await file.sweep(desk)
        defer { file.remove() }
        let (built, reference) = (built, door.reference(tag))
        let shipment: Shipment
        do {
            shipment = try built.shipment(as: reference, to: host)
            _ = try await OffPool.run("pack") { () throws(any Error) in try shipment.write(to: path) }
        } catch {
            throw .transient("image-not-built", "The image cannot be packed: \(error)")
        }
        do throws(SSHError) {
            try await door.load(path)
            let layers = try await door.layers(of: tag)
            let expected = "[" + built.layers.map { "\"\($0)\"" }.joined(separator: ",") + "]"
            return layers == expected ? Int(shipment.size) : nil
        } catch {
            if error.code == .exited, !shipment.isWhole { return nil }
            throw Rejection(error, "Loading the image")
        }
    }
}
