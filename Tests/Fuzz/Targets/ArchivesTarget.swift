@testable import Images

extension FuzzTarget {
    /// Archives of images: as they come, and made of pieces whose checksums are right.
    static let archives = FuzzTarget(
        name: "archives", summary: "archives of images: tar and pax, manifests, configurations",
        seeds: {
            let layer = Array("layer".utf8)
            let configuration =
                #"{"os":"linux","architecture":"amd64","rootfs":{"diff_ids":["\#(ImageDigest(of: layer))"]}}"#
            let manifest = #"[{"Config":"c","RepoTags":["a:b"],"Layers":["l"]}]"#
            func member(_ type: String, _ name: String, _ link: String, _ content: String) -> [UInt8] {
                Array(type.utf8) + [name, link, content].flatMap(FuzzInput.piece)
            }
            let image =
                member("0", "manifest.json", "", manifest) + member("0", "c", "", configuration)
                + member("0", "l", "", "layer")
            return [
                [1] + image, [1] + member("5", "./", "", "") + member("5", "d/", "", "") + image,
                [1] + member("x", "", "", "13 path=x/y\n") + image, [1] + member("g", "", "", "12 comment=\n") + image,
                [1] + member("L", "", "", "long") + image, [1] + member("2", "x", "../l", "") + image,
                [1] + member("x", "", "", "11 size=0\n") + image, [0] + [UInt8](repeating: 0, count: 512),
            ]
        },
        check: { bytes in
            var input = FuzzInput(bytes)
            let isRaw = input.byte() & 1 == 0
            let archive = MemoryBytes(bytes: isRaw ? input.remainder() : tar(&input))
            let base: BaseImage
            do throws(ImageError) { base = try BaseImage(archive) } catch { return }
            try require(base.size >= 0, "a size below zero")
            let image = try base.adding([.file("a", [1])], labels: ["b": "c"], by: "d")
            try requireSame(image.layers.count, base.layers.count + 1, "layers")
            let shipment = try image.shipment(as: "e:f", to: HostImages())
            var sink = MemorySink()
            do throws(ImageError) { try shipment.write(to: &sink) } catch {
                try requireSame(error.code, .wrongDigest, "what shipping fails with")
                return
            }
            try requireSame(Int64(sink.bytes.count), shipment.size, "the size of the archive")
            try requireSame(BaseImage(MemoryBytes(bytes: sink.bytes)).id, image.id, "the image of the archive")
        })

    /// Members whose headers are right but for what they say.
    private static func tar(_ input: inout FuzzInput) -> [UInt8] {
        var archive: [UInt8] = []
        while !input.isEmpty {
            let (type, name, link, content) = (input.byte(), input.piece(), input.piece(), input.piece())
            var block = TarMember(file: Array(name.prefix(100)), size: Int64(content.count)).header.suffix(512)
            let start = block.startIndex
            block[start + 156] = type
            block.replaceSubrange((start + 157)..<(start + 157 + min(100, link.count)), with: link.prefix(100))
            block.replaceSubrange((start + 148)..<(start + 156), with: repeatElement(UInt8(ascii: " "), count: 8))
            let sum = String(block.reduce(0) { $0 + Int($1) }, radix: 8).utf8
            block.replaceSubrange((start + 148)..<(start + 148 + sum.count), with: sum)
            archive += block + content + TarMember.padding(after: Int64(content.count))
        }
        return archive + TarMember.end
    }
}
