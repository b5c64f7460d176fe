extension Rule {
    /// What a folder may import beside the system's own modules. The longest matching folder counts.
    static let arrows: [(folder: String, modules: Set<String>)] = [
        ("Contracts/", []),
        ("Workers/Kit/AMQP/", ["CRabbitMQ"]),
        ("Workers/Kit/Postgres/", ["CPostgres"]),
        ("Workers/Kit/Sealing/", ["CSodium"]),
        ("Workers/Kit/HTTP/", ["CMicrohttpd"]),
        ("Workers/Kit/HTTPClient/", ["CCurl", "CZlib"]),
        ("Workers/Kit/Processes/", ["CLinux"]),
        ("Workers/Kit/SSH/", ["Processes"]),
        ("Workers/Kit/Ansible/", ["Processes", "Contracts"]),
        ("Workers/Kit/Images/", ["Contracts", "Sealing"]),
        ("Workers/Kit/Runtime/", ["AMQP", "Postgres", "Sealing", "HTTP", "HTTPClient", "Processes", "Contracts"]),
        ("Workers/Kit/Leases/", ["Runtime", "Contracts"]),
        ("Workers/Kit/Books/", ["Runtime", "AMQP", "Postgres", "Contracts"]),
        ("Workers/Kit/Depth/", ["Runtime", "AMQP", "Postgres", "HTTPClient", "Contracts"]),
        ("Workers/CLI/", ["Runtime", "Books", "Depth", "Contracts", "AMQP", "Postgres", "Sealing", "HTTPClient"]),
        ("Workers/Relay/", ["Runtime", "Contracts", "AMQP", "Postgres", "Depth"]),
        ("Workers/IngestLogs/", ["Runtime", "Contracts", "HTTPClient"]),
        ("Workers/LeaseIP/", ["Runtime", "Leases", "Contracts"]),
        ("Workers/DeployShop/Site/", []),
        (
            "Workers/DeployShop/",
            ["Runtime", "Leases", "Contracts", "HTTPClient", "Processes", "SSH", "Images", "ShopSite"]
        ),
        ("Workers/InitServer/", ["Runtime", "Contracts", "Ansible", "Processes", "AMQP"]),
        ("Workers/", ["Runtime", "Contracts"]),
        ("Tests/Contracts/", ["Contracts"]),
        ("Tests/AMQP/", ["AMQP"]),
        ("Tests/Postgres/", ["Postgres"]),
        ("Tests/Sealing/", ["Sealing"]),
        ("Tests/HTTP/", ["HTTP"]),
        ("Tests/HTTPClient/", ["HTTPClient", "HTTP", "TestSupport", "CCurl"]),
        ("Tests/ProcessProbe/", ["Processes"]),
        ("Tests/Processes/", ["Processes", "CLinux"]),
        ("Tests/SSH/", ["SSH", "Processes", "TestSupport"]),
        ("Tests/Ansible/", ["Ansible", "Processes", "Contracts", "TestSupport"]),
        ("Tests/Images/", ["Images", "Contracts", "Sealing"]),
        ("Tests/ShopSite/", ["ShopSite"]),
        ("Tests/Runtime/", ["Runtime", "Contracts", "AMQP", "HTTP"]),
        ("Tests/Books/", ["Books", "Runtime", "Contracts", "AMQP"]),
        ("Tests/Depth/", ["Depth", "Contracts"]),
        ("Tests/Support/", ["Runtime", "Books", "Contracts", "AMQP", "Postgres", "Sealing", "Processes"]),
        (
            "Tests/Integration/",
            [
                "TestSupport", "Runtime", "Books", "Depth", "Contracts", "AMQP", "Postgres", "Sealing", "HTTPClient",
                "Images", "Processes", "DeployShopWorker",
            ]
        ),
        ("Tests/Probe/", ["Runtime", "Contracts"]),
        ("Tests/Producer/", ["TestSupport"]),
        ("Tests/Bench/", ["TestSupport", "Runtime", "Contracts", "AMQP", "Postgres"]),
        (
            "Tests/Fuzz/",
            [
                "Contracts", "AMQP", "CRabbitMQ", "Postgres", "Sealing", "HTTP", "HTTPClient", "Runtime", "CLI",
                "Relay", "Images",
                "ImportBatchWorker", "IngestLogsWorker",
            ]
        ),
        ("Tests/Tidy/", []),
    ]

    /// Every module of this package: what an arrow can point at. A worker's module ends in `Worker`.
    static let modules: Set<String> = [
        "Contracts", "AMQP", "Postgres", "Sealing", "HTTP", "HTTPClient", "Processes", "SSH", "Ansible", "Images",
        "Runtime", "Leases", "Books", "Depth", "ShopSite", "Relay", "CLI", "TestSupport", "CRabbitMQ",
        "CPostgres", "CSodium", "CMicrohttpd", "CCurl", "CZlib",
        "CLinux",
    ]

    /// Dependencies go one way.
    static let imports = [
        Rule(
            "imports follow the arrows of the architecture",
            bad: ("Workers/LeaseIP/Bad.swift", "package import CRabbitMQ"),
            good: (
                "Workers/LeaseIP/Good.swift",
                "import Contracts\n// import AMQP\nimport Glibc\nimport struct Runtime.Log"
            ),
            applies: { $0.isSwift },
            check: { file in
                let fitting = arrows.filter { file.path.hasPrefix($0.folder) }
                guard let arrow = fitting.max(by: { $0.folder.count < $1.folder.count }) else { return [] }
                return file.findings(in: file.code) { line in
                    guard let module = importedModule(line), modules.contains(module) || module.hasSuffix("Worker"),
                        !arrow.modules.contains(module)
                    else { return nil }
                    return "\(arrow.folder) must not import \(module)"
                }
            }),
        Rule(
            "Contracts, the kit and the workers do without Foundation",
            bad: ("Workers/Kit/AMQP/Bad.swift", "import FoundationEssentials"),
            good: ("Tests/AMQP/Good.swift", "import Foundation"),
            applies: { $0.isSwift && $0.isUnder("Contracts/", "Workers/Kit/") },
            check: { file in
                file.findings(in: file.code) { line in
                    importedModule(line).flatMap { $0.hasPrefix("Foundation") ? "imports \($0)" : nil }
                }
            }),
    ]

    /// The module that a line imports: `package import struct AMQP.Delivery` → `AMQP`.
    static func importedModule(_ line: String) -> String? {
        var words = line.split(separator: " ")[...]
        while let word = words.first, word != "import" {
            guard word.hasPrefix("@") || ["package", "public", "internal", "private", "fileprivate"].contains(word)
            else {
                return nil
            }
            words = words.dropFirst()
        }
        words = words.dropFirst()
        if words.count > 1 { words = words.dropFirst() }
        return words.first?.split(separator: ".").first.map(String.init)
    }
}
