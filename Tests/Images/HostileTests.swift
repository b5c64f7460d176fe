import Testing

@testable import Images

@Suite("Archives that are not what they should be")
struct HostileTests {
    private let image = TestImage()

    private func code(_ bytes: [UInt8]) -> ImageError.Code? {
        do throws(ImageError) {
            _ = try BaseImage(MemoryBytes(bytes: bytes))
            return nil
        } catch {
            return error.code
        }
    }

    private func code(_ change: (inout [TestImage.Member]) -> Void) -> ImageError.Code? {
        var members = image.classic
        change(&members)
        return code(TestImage.archive(members))
    }

    /// The code for an archive with one more member in front.
    private func code(
        _ name: String, type: Character = "0", link: String = "", content: [UInt8] = [], size: String? = nil
    ) -> ImageError.Code? {
        var tar = TestTar()
        tar.add(name, content, type: type, link: link, size: size)
        return code(tar.bytes + TestImage.archive(image.classic))
    }

    @Test("Cut anywhere, an archive is truncated, and nothing else")
    func truncated() {
        let whole = TestImage.archive(image.classic)
        #expect(code(whole) == nil)
        for length in stride(from: 0, to: whole.count - 1024, by: 97) {
            #expect(code(Array(whole[..<length])) == .truncated, "\(length)")
        }
    }

    @Test(
        "A name that leads out of the archive",
        arguments: ["../manifest.json", "/manifest.json", "a/../../b", "a/..", "..", ""])
    func traversal(_ name: String) { #expect(code(name) == .unsafePath) }

    @Test("A link that leads out of the archive", arguments: ["/etc/passwd", "../../etc/passwd", "a/../../../b"])
    func links(_ link: String) { #expect(code("x/y", type: "2", link: link) == .unsafePath) }

    @Test("A link to itself leads nowhere")
    func loop() {
        let code = code { members in
            members.removeAll { $0.name == "0/layer.tar" }
            members.append(TestImage.Member(name: "0/layer.tar", type: "2", link: "layer.tar"))
        }
        #expect(code == .missing)
    }

    @Test("Hard links, devices, pipes and sparse files are not taken", arguments: ["1", "3", "4", "6", "S", "M", "!"])
    func types(_ type: Character) { #expect(code("x", type: type, link: "y") == .unsupported) }

    @Test(
        "Records of pax that are none",
        arguments: ["", "x", "5 a=b", "99 path=x\n", "0 path=x\n", "-9 path=x\n", "9 path-x\n"])
    func records(_ text: String) {
        let content = Array(text.utf8)
        // None at all is no fault.
        #expect(code("x", type: "x", content: content) == (text.isEmpty ? nil : .malformed))
    }

    @Test("Records of pax with names and sizes that cannot be")
    func values() {
        func code(_ key: String, _ value: String) -> ImageError.Code? {
            var tar = TestTar()
            tar.add("pax", TestTar.record(key, value), type: "x")
            tar.add("file")
            return self.code(tar.bytes + TestImage.archive(image.classic))
        }
        #expect(code("path", "good/name") == nil)
        #expect(code("path", "../up") == .unsafePath)
        #expect(code("path", "zero\u{0}byte") == .unsafePath)
        #expect(code("size", "-1") == .malformed)
        #expect(code("size", "9223372036854775807") == .truncated)
        #expect(code("GNU.sparse.major", "1") == .unsupported)
        #expect(self.code("g", type: "g", content: TestTar.record("path", "all")) == .unsupported)
        #expect(self.code("g", type: "g", content: TestTar.record("comment", "hello")) == nil)
    }

    @Test("Numbers in headers that cannot be")
    func numbers() {
        #expect(code("x", size: "99999999999") == .malformed)
        #expect(code("x", size: "77777777777") == .truncated)
        var tar = TestTar()
        tar.add("x") { $0.replaceSubrange(124..<136, with: [0x80] + [UInt8](repeating: 0xFF, count: 11)) }
        #expect(code(tar.bytes) == .malformed)
        tar = TestTar()
        tar.add("x") { $0.replaceSubrange(124..<136, with: [UInt8](repeating: 0xFF, count: 12)) }
        #expect(code(tar.bytes) == .malformed)
        var whole = TestImage.archive(image.classic)
        whole[3] ^= 1
        #expect(code(whole) == .malformed)
    }

    @Test("Two members of one name")
    func twice() { #expect(code { $0.append($0[2]) } == .ambiguous) }

    @Test("What is not there, and what makes no sense")
    func documents() {
        func replace(_ name: String, _ text: String) -> ImageError.Code? {
            code { members in
                for place in members.indices where members[place].name == name {
                    members[place].content = Array(text.utf8)
                }
            }
        }
        let configuration = "\(image.id).json"
        #expect(code { $0.removeAll { $0.name == "manifest.json" } } == .missing)
        #expect(code { $0.removeAll { $0.name == configuration } } == .missing)
        #expect(code { $0.removeAll { $0.name == "1/layer.tar" } } == .missing)
        #expect(replace("manifest.json", "[") == .malformed)
        #expect(replace("manifest.json", "[]") == .missing)
        #expect(replace("manifest.json", "{}") == .missing)
        #expect(replace("manifest.json", #"[{"Config":1,"Layers":[]}]"#) == .malformed)
        #expect(replace("manifest.json", #"[{"Config":"../x","Layers":[]}]"#) == .unsafePath)
        #expect(replace("manifest.json", #"[{"Config":"\#(configuration)","Layers":[]}]"#) == .malformed)
        #expect(replace("manifest.json", #"[{"Config":"\#(configuration)","Layers":[1,2]}]"#) == .malformed)
        #expect(replace(configuration, String(decoding: image.document, as: UTF8.self) + " ") == .wrongDigest)
        #expect(replace(configuration, "{}") == .malformed)
    }

    @Test("Configurations that name no layers", arguments: ["[]", #"["sha256:00"]"#, "[1]", #"["md5:1"]"#, "7"])
    func layers(_ list: String) {
        var image = image
        image.configuration = #"{"os":"linux","architecture":"amd64","rootfs":{"diff_ids":\#(list)}}"#
        #expect(code(TestImage.archive(image.classic)) == .malformed)
    }

    @Test("A layer with other bytes is found when it is shipped, and no archive is left")
    func wrongLayer() throws {
        var members = image.classic
        let place = try #require(members.firstIndex { $0.name == "1/layer.tar" })
        members[place].content[600] ^= 1
        let base = try BaseImage(MemoryBytes(bytes: TestImage.archive(members)))
        let folder = try Folder()
        let shipment = try base.adding([], labels: [:], by: "test").shipment(as: "a:b", to: HostImages())
        #expect { try shipment.write(to: folder.file("out.tar")) } throws: {
            ($0 as? ImageError)?.code == .wrongDigest
        }
        #expect(try folder.names().isEmpty)
    }

    @Test("A compressed layer is taken when it is called by its own digest")
    func compressed() throws {
        let gzip: [UInt8] = [0x1F, 0x8B, 8, 0, 1, 2, 3]
        var members = image.layout
        let place = try #require(members.firstIndex { $0.content == image.layers[1] })
        let name = "blobs/sha256/" + ImageDigest(of: gzip).hex
        let last = members.count - 1
        let text = String(decoding: members[last].content, as: UTF8.self)
        members[last].content = Array(text.replacing(members[place].name, with: name).utf8)
        members[place] = TestImage.Member(name: name, content: gzip)
        let base = try BaseImage(MemoryBytes(bytes: TestImage.archive(members)))
        var sink = MemorySink()
        let made = try base.adding([], labels: [:], by: "test")
        try made.shipment(as: "a:b", to: HostImages()).write(to: &sink)
        #expect(try BaseImage(MemoryBytes(bytes: sink.bytes)).id == made.id)
        members = image.classic
        members[try #require(members.firstIndex { $0.name == "1/layer.tar" })].content = gzip
        #expect(code(TestImage.archive(members)) == .unsupported)
    }

    @Test("There is no such file, or it is none")
    func files() throws {
        let folder = try Folder()
        #expect { try BaseImage(archive: folder.file("none")) } throws: { ($0 as? ImageError)?.code == .notFound }
        #expect { try BaseImage(archive: folder.path) } throws: { ($0 as? ImageError)?.code == .unreadable }
    }
}
