import Ansible
import Foundation
import Processes
import Testing

@Suite("Inventories")
struct InventoryTests {
    /// Texts that mean something to YAML, to Jinja, to a shell or to ansible.
    private static let nasty = [
        "", " ", "  both ends  ", "-", "--", "- item", "-o ProxyCommand=id", "# no comment", "a: #b", "key: value", ":",
        "{{ lookup('pipe','id') }}", "{% for x in y %}", "{# comment #}", "{{", "${HOME}", "$(id)", "`id`", "%d", "%%",
        "'", "\"", "'\"'\"'", "\\", "\\n", "\\x41", "\\\"", "line\nline", "\r\n", "\ttab", "\u{1}\u{8}\u{1B}[31m\u{7F}",
        "\u{85}\u{A0}\u{2028}\u{2029}\u{FEFF}", "\u{FFFE}\u{FFFF}\u{10FFFF}", "é", "e\u{301}", "\u{1F980}",
        "\u{202E}right to left", "!unsafe x", "!vault |", "!!python/object/apply:os.system [id]", "&anchor", "*alias",
        "$ANSIBLE_VAULT;1.1;AES256\n3031", "null", "~", "yes", "no", "true", "0x10", "010", "1e3", "1_000", ".inf",
        "2026-11-22", "[1, 2]", "{a: b}", "|", ">", "? key", "@at", "%YAML 1.2", "---", "...", "<<", "=",
        String(repeating: "long ", count: 2000),
    ]

    private func inventory(_ variables: [String: InventoryValue]) -> Inventory {
        var host = InventoryHost("192.0.2.1", user: "root")
        host.variables = variables
        return Inventory(hosts: [host], knownHostsFile: "/dev/null")
    }

    @Test("What is written is this, and the same each time")
    func form() throws {
        let inventory = Inventory(
            hosts: [
                InventoryHost(
                    "b.example", address: "192.0.2.2", port: 2222, user: "ops", keyType: "ssh-rsa",
                    variables: ["zone": .map(["b": "{{ x }}", "a": .number(1)])]),
                InventoryHost("192.0.2.1", user: "root", password: "p\"w\n", becomePassword: "é"),
            ],
            variables: ["room": .number(5), "open": .flag(true), "keys": .list(["k", .list([])])],
            knownHostsFile: "/run/known_hosts", privateKeyFile: "/run/key")
        #expect(
            String(decoding: try inventory.yaml(), as: UTF8.self) == #"""
                all:
                  vars:
                    ansible_ssh_common_args: !unsafe "-F /dev/null -o StrictHostKeyChecking=accept-new \#
                -o UserKnownHostsFile=/run/known_hosts -o GlobalKnownHostsFile=/dev/null"
                    keys: [!unsafe "k", []]
                    open: true
                    room: 5
                  hosts:
                    !unsafe "192.0.2.1":
                      ansible_become_password: !unsafe "\xe9"
                      ansible_connection: !unsafe "ssh"
                      ansible_password: !unsafe "p\"w\x0a"
                      ansible_port: 22
                      ansible_user: !unsafe "root"
                    !unsafe "b.example":
                      ansible_connection: !unsafe "ssh"
                      ansible_host: !unsafe "192.0.2.2"
                      ansible_port: 2222
                      ansible_ssh_common_args: !unsafe "-F /dev/null -o StrictHostKeyChecking=accept-new \#
                -o UserKnownHostsFile=/run/known_hosts -o GlobalKnownHostsFile=/dev/null \#
                -o HostKeyAlgorithms=rsa-sha2-512,rsa-sha2-256,ssh-rsa"
                      ansible_ssh_private_key_file: !unsafe "/run/key"
                      ansible_user: !unsafe "ops"
                      zone: {a: 1, b: !unsafe "{{ x }}"}

                """#)
    }

    @Test(
        "A name is an address or a name of DNS",
        arguments: [
            ("192.0.2.1", true), ("2001:db8::1", true), ("::1", true), ("a", true), ("Shop-1.example.com", true),
            ("", false), ("all", false), ("Ungrouped", false), ("a b", false), ("-a", false), ("a-", false),
            ("a..b", false), ("a.", false), ("256.1.1.1", false), ("1.2.3", false), ("a:22", false), ("a,b", false),
            ("!a", false), ("&a", false), ("*", false), ("a[1:9]", false), ("~a", false), ("@file", false),
            ("{{ x }}", false), ("a\nb", false), ("é.example", false), ("a\u{0}", false), ("fe80::1%eth0", false),
            (String(repeating: "a", count: 64), false), (String(repeating: "a.", count: 126) + "a", true),
            (String(repeating: "a.", count: 127) + "a", false),
        ])
    func names(name: String, isValid: Bool) {
        for host in [InventoryHost(name, user: "x"), InventoryHost("h", address: name, user: "x")] {
            // As an address, a group's name is no address either.
            var code: AnsibleError.Code?
            do { _ = try Inventory(hosts: [host], knownHostsFile: "/k").yaml() } catch { code = error.code }
            #expect(code == (isValid ? nil : .badHost))
        }
    }

    @Test("What cannot be given is refused, and the refusal does not show it")
    func refusals() {
        func code(_ change: (inout Inventory) -> Void) -> AnsibleError.Code? {
            var inventory = inventory([:])
            change(&inventory)
            do { _ = try inventory.yaml() } catch {
                #expect(!error.description.contains("s3cret"))
                return error.code
            }
            return nil
        }
        #expect(code { _ in } == nil)
        #expect(code { $0.hosts[0].port = 0 } == .badPort)
        #expect(code { $0.hosts[0].port = 65_536 } == .badPort)
        for user in ["", "a\"s3cret", "a\nb", "a\u{0}"] { #expect(code { $0.hosts[0].user = user } == .badUser) }
        #expect(code { $0.hosts.append($0.hosts[0]) } == .twice)
        #expect(code { $0.hosts[0].password = "s3cret\u{0}" } == .nulCharacter)
        #expect(code { $0.variables["x"] = .list(["a\u{0}"]) } == .nulCharacter)
        for name in ["", "1a", "a-b", "a b", "é", "a:", "ansible_host", "Ansible_user", "s3cret{{"] {
            #expect(code { $0.variables[name] = "x" } == .badVariable, "\(name)")
            #expect(code { $0.hosts[0].variables[name] = "x" } == .badVariable, "\(name)")
        }
        for path in ["", "relative", "/with blank", "/q\"", "/p%h", "/é", "/a\nb"] {
            #expect(code { $0.knownHostsFile = path } == .badPath, "\(path)")
            #expect(code { $0.privateKeyFile = path } == .badPath, "\(path)")
        }
    }

    @Test("Ansible reads every text as it was, byte for byte", .needsAnsible)
    func readBack() async throws {
        var random = SplitMix(20_261_122)
        let scalars = [0x1...0x7F, 0x80...0x7FF, 0x800...0xD7FF, 0xE000...0xFFFF, 0x10000...0x10FFFF]
        let texts =
            Self.nasty
            + (0..<300).map { _ in
                var text = ""
                for _ in 0..<Int.random(in: 0...40, using: &random) {
                    let range = scalars[Int.random(in: 0..<scalars.count, using: &random)]
                    if let scalar = Unicode.Scalar(UInt32(Int.random(in: range, using: &random))) {
                        text.unicodeScalars.append(scalar)
                    }
                }
                return text
            }
        let pairs = texts.enumerated().map { ("v\($0.offset)", InventoryValue.text($0.element)) }
        var inventory = inventory(Dictionary(uniqueKeysWithValues: pairs))
        inventory.hosts[0].password = "{{ lookup('pipe','id') }}\n"
        inventory.hosts.append(InventoryHost("2001:db8::1", user: "-x"))
        inventory.hosts.append(
            InventoryHost("shop.example", user: "ops", variables: ["l": .list(["{{ 1 }}", .number(-3)])]))
        let variables = try await readBack(inventory)
        #expect(Set(variables.keys) == ["192.0.2.1", "2001:db8::1", "shop.example"])
        let host = try #require(variables["192.0.2.1"])
        for (number, text) in texts.enumerated() {
            let read = try #require(Self.unsafe(host["v\(number)"]), "v\(number) is unsafe text")
            #expect(Array(read.utf8) == Array(text.utf8), "\(text.debugDescription)")
        }
        #expect(Self.unsafe(host["ansible_password"]) == "{{ lookup('pipe','id') }}\n")
        #expect(host["ansible_port"] as? Int == 22)
        #expect(Self.unsafe(variables["2001:db8::1"]?["ansible_user"]) == "-x")
        let list = try #require(variables["shop.example"]?["l"] as? [Any])
        #expect(Self.unsafe(list[0]) == "{{ 1 }}" && list[1] as? Int == -3)
    }

    /// The variables of each host, as `ansible-inventory` shows them.
    private func readBack(_ inventory: Inventory) async throws -> [String: [String: Any]] {
        let directory = try SecretDirectory()
        let file = try directory.write(try inventory.yaml(), as: "inventory.yaml")
        let environment = [
            "LC_ALL": "C.UTF-8", "HOME": directory.path, "ANSIBLE_LOCAL_TEMP": directory.path + "/t",
            "ANSIBLE_INVENTORY_UNPARSED_FAILED": "1",
        ]
        var program = Program("ansible-inventory", ["--list", "--inventory", file.path], environment: environment)
        program.lineLimit = 1_048_576
        var output = ""
        let result = try await program.run(under: try Fixture.lease()) { line in
            if line.stream == .output { output += line.text + "\n" }
        }
        #expect(result.ending.isSuccess, "\(file.path) \(result.tail.map(\.text))")
        let all = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
        return try #require((all?["_meta"] as? [String: Any])?["hostvars"] as? [String: [String: Any]])
    }

    /// The text of a value that ansible marks as unsafe; `nil` for any other.
    private static func unsafe(_ value: Any?) -> String? { (value as? [String: String])?["__ansible_unsafe"] }
}
