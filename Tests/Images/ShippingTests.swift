import Contracts
import Foundation
import Testing

@testable import Images

@Suite("Shipping what is missing")
struct ShippingTests {
    private let base: BaseImage
    private let image: BuiltImage
    private let folder: Folder

    init() throws {
        base = try TestImage().base()
        image = try base.adding([.file("srv/shop/up", [1])], labels: [:], by: "test")
        folder = try Folder()
    }

    private func line(_ layers: [ImageDigest]) -> String {
        "[" + layers.map { "\"\($0)\"" }.joined(separator: ",") + "]"
    }

    @Test("A layer is there when all below it are there, in one image")
    func missing() throws {
        let layers = image.layers
        let other = ImageDigest(of: [1])
        let cases: [([[ImageDigest]], Int)] = [
            ([], 0), ([[]], 0), ([[other]], 0), ([layers], 3), ([[layers[0]]], 1), ([[layers[0], layers[1]]], 2),
            // Upon another layer, the same files are another layer.
            ([[other, layers[0], layers[1]]], 0), ([[layers[1], layers[0]]], 0),
            ([[layers[0], other], [layers[0], layers[1], other]], 2), ([[layers[1]], [layers[0]]], 1),
            ([layers + [other]], 3),
        ]
        for (chains, present) in cases {
            let shipment = try image.shipment(as: "a:b", to: HostImages(lines: chains.map(line)))
            #expect(shipment.missing == Array(layers.dropFirst(present)), "\(chains)")
            #expect(shipment.isWhole == (present == 0))
        }
    }

    @Test("Lines that list no layers are passed over")
    func lines() throws {
        let lines = ["", "null", "[]", "{", "[1]", "[\"x\"]", "\u{0}", line([image.layers[0]])]
        #expect(try image.shipment(as: "a:b", to: HostImages(lines: lines)).missing.count == 2)
    }

    @Test("The archive has the documents and the missing layers, and the size that was said")
    func partial() throws {
        let host = HostImages(lines: [line(base.layers)])
        let shipment = try image.shipment(as: "ruche-shop/honey:0123456789abcdef", to: host)
        let path = folder.file("ship.tar")
        #expect(try shipment.write(to: path) == shipment.size)
        let status = try FileManager.default.attributesOfItem(atPath: path)
        #expect(status[.size] as? Int64 == shipment.size && status[.posixPermissions] as? Int == 0o600)
        let layer = try #require(image.layers.last)
        let names = try folder.tar("-tf", path).split(separator: "\n").map(String.init)
        #expect(names == ["\(image.id.hex).json", "\(layer.hex).tar", "manifest.json"])
        try folder.tar("-xf", path)
        #expect(ImageDigest(of: try folder.read("\(image.id.hex).json")) == image.id)
        #expect(ImageDigest(of: try folder.read("\(layer.hex).tar")) == layer)
        let manifest = try JSONTree(parsing: folder.read("manifest.json")).elements
        #expect(manifest.count == 1 && manifest.first?["Config"]?.text == "\(image.id.hex).json")
        #expect(manifest.first?["RepoTags"]?.elements.map(\.text) == ["ruche-shop/honey:0123456789abcdef"])
        #expect(manifest.first?["Layers"]?.elements.map(\.text) == image.layers.map { "\($0.hex).tar" })
    }

    @Test("The whole archive is the image again")
    func whole() throws {
        let path = folder.file("ship.tar")
        let shipment = try image.shipment(as: "shop:1", to: HostImages())
        try Data([1, 2, 3]).write(to: URL(filePath: path))
        try shipment.write(to: path)
        let read = try BaseImage(archive: path, named: "shop:1")
        #expect(read.id == image.id && read.layers == image.layers && shipment.isWhole)
        // From it the same is made as from the first archive.
        let again = try read.adding([], labels: [:], by: "test").shipment(as: "a:b", to: HostImages())
        try again.write(to: folder.file("again.tar"))
        #expect(try BaseImage(archive: folder.file("again.tar")).layers.dropLast() == image.layers[...])
    }

    @Test("Where everything is there, only the documents go along")
    func nothing() throws {
        let shipment = try image.shipment(as: "a:b", to: HostImages(lines: [line(image.layers)]))
        #expect(shipment.missing.isEmpty && shipment.size < 8192)
    }

    @Test("A place that cannot be written to")
    func unwritable() throws {
        let shipment = try image.shipment(as: "a:b", to: HostImages())
        for path in [folder.file("none/ship.tar"), folder.path] {
            #expect { try shipment.write(to: path) } throws: { ($0 as? ImageError)?.code == .unwritable }
        }
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("link"), withDestinationPath: folder.file("elsewhere"))
        #expect(throws: ImageError.self) { try shipment.write(to: folder.file("link")) }
        #expect(!FileManager.default.fileExists(atPath: folder.file("elsewhere")))
    }

    @Test(
        "Names that engines take",
        arguments: ["a:b", "ruche-shop/honey-7.x:0f", "a__b/c---d:V1.0-x_", "a:" + String(repeating: "t", count: 128)])
    func references(_ name: String) throws { _ = try image.shipment(as: name, to: HostImages()) }

    @Test(
        "Names that they do not take",
        arguments: [
            "", "a", ":b", "a:", "A:b", "a/:b", "/a:b", "a//b:c", "a:b:c", "a___b:c", "-a:b", "a-:b", "a..b:c", "a b:c",
            "a:b c", "a:-b", "a:.b", "a:b\n", "é:b", "a:é", "a;rm:b", "a:" + String(repeating: "t", count: 129),
            String(repeating: "a", count: 254) + ":b",
        ])
    func badReferences(_ name: String) {
        #expect { try image.shipment(as: name, to: HostImages()) } throws: {
            ($0 as? ImageError)?.code == .badReference
        }
    }

    @Test("Digests are written in one way")
    func digests() {
        let zeros = String(repeating: "0", count: 64)
        #expect(ImageDigest("sha256:" + zeros)?.hex == zeros)
        let others = [
            "", "sha256:", "sha256:0", "SHA256:" + zeros, "sha256:" + zeros + "0", "sha256:A" + zeros.dropFirst(),
        ]
        for text in others + [zeros] { #expect(ImageDigest(text) == nil, "\(text)") }
    }
}
