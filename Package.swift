// swift-tools-version: 6.3
import PackageDescription

/// The table of contents: every worker is one folder under `Workers/` and one executable named after its command.
let workers = [
    "ImportBatch",
    "LeaseIP",
    "IngestLogs",
    "ExpireTask",
    "InitServer",
    "DeployShop",
]

/// What a worker needs besides the runtime and the contracts.
let kits: [String: [Target.Dependency]] = [
    "LeaseIP": ["Leases"],
    "IngestLogs": ["HTTPClient"],
    "InitServer": ["Ansible", "Processes", "AMQP"],
    "DeployShop": ["Leases", "Processes", "SSH", "Images", "ShopSite", "HTTPClient"],
]

/// What lies in a worker's folder and is no part of its program.
let excluded: [String: [String]] = ["InitServer": ["Recipes"], "DeployShop": ["Shop", "Site"]]

/// What reads bytes from outside.
let fuzzed: [Target.Dependency] = [
    "Contracts", "AMQP", "CRabbitMQ", "Postgres", "Sealing", "HTTP", "HTTPClient", "Runtime", "CLI", "Relay",
    "Images", "ImportBatchWorker", "IngestLogsWorker",
]

let package = Package(
    name: "ruche",
    products: workers.map { .executable(name: kebab($0), targets: ["\($0)Worker"]) } + [
        .executable(name: "relay", targets: ["Relay"]),
        .executable(name: "ruche", targets: ["CLI"]),
        .library(name: "Contracts", targets: ["Contracts"]),
        .library(name: "AMQP", targets: ["AMQP"]),
    ],
    targets: [
        // What the world may rely on.
        .target(
            name: "Contracts", path: "Contracts", exclude: ["asyncapi.yaml", "baseline.json", "schemas"],
            resources: [.embedInCode("Schema")]),

        // C enters through these doors only.
        .systemLibrary(
            name: "CRabbitMQ", path: "Workers/Kit/CRabbitMQ", pkgConfig: "librabbitmq",
            providers: [.apt(["librabbitmq-dev"])]),
        .systemLibrary(
            name: "CPostgres", path: "Workers/Kit/CPostgres", pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"])]),
        .systemLibrary(
            name: "CSodium", path: "Workers/Kit/CSodium", pkgConfig: "libsodium",
            providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(
            name: "CMicrohttpd", path: "Workers/Kit/CMicrohttpd", pkgConfig: "libmicrohttpd",
            providers: [.apt(["libmicrohttpd-dev"])]),
        .systemLibrary(
            name: "CCurl", path: "Workers/Kit/CCurl", pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(
            name: "CZlib", path: "Workers/Kit/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLinux", path: "Workers/Kit/CLinux"),

        // What workers share.
        .target(name: "AMQP", dependencies: ["CRabbitMQ"], path: "Workers/Kit/AMQP"),
        .target(name: "Postgres", dependencies: ["CPostgres"], path: "Workers/Kit/Postgres"),
        .target(name: "Sealing", dependencies: ["CSodium"], path: "Workers/Kit/Sealing"),
        .target(name: "HTTP", dependencies: ["CMicrohttpd"], path: "Workers/Kit/HTTP"),
        .target(name: "HTTPClient", dependencies: ["CCurl", "CZlib"], path: "Workers/Kit/HTTPClient"),
        .target(name: "Processes", dependencies: ["CLinux"], path: "Workers/Kit/Processes"),
        .target(name: "SSH", dependencies: ["Processes"], path: "Workers/Kit/SSH"),
        .target(name: "Ansible", dependencies: ["Processes", "Contracts"], path: "Workers/Kit/Ansible"),
        .target(name: "Images", dependencies: ["Contracts", "Sealing"], path: "Workers/Kit/Images"),
        .target(
            name: "Runtime",
            dependencies: ["AMQP", "Postgres", "Sealing", "HTTP", "HTTPClient", "Processes", "Contracts"],
            path: "Workers/Kit/Runtime"),
        .target(name: "Leases", dependencies: ["Runtime", "Contracts"], path: "Workers/Kit/Leases"),
        .target(
            name: "Books", dependencies: ["Runtime", "AMQP", "Postgres", "Contracts"], path: "Workers/Kit/Books"),

        .target(
            name: "Depth", dependencies: ["Runtime", "AMQP", "Postgres", "HTTPClient", "Contracts"],
            path: "Workers/Kit/Depth"),

        // The pages of shops.
        .target(
            name: "ShopSite", path: "Workers/DeployShop/Site", resources: [.embedInCode("Pages")]),

        // What runs beside the workers.
        .executableTarget(
            name: "Relay", dependencies: ["Runtime", "Contracts", "AMQP", "Depth"], path: "Workers/Relay"),
        .executableTarget(
            name: "CLI",
            dependencies: ["Runtime", "Books", "Depth", "Contracts", "AMQP", "Postgres", "Sealing", "HTTPClient"],
            path: "Workers/CLI"),

        // Tests. Only `IntegrationTests` needs a broker and a database.
        .target(
            name: "TestSupport",
            dependencies: ["Runtime", "Books", "Contracts", "AMQP", "Postgres", "Sealing", "Processes"],
            path: "Tests/Support"),
        .executableTarget(name: "ProbeWorker", dependencies: ["Runtime", "Contracts"], path: "Tests/Probe"),
        .executableTarget(name: "Producer", dependencies: ["TestSupport"], path: "Tests/Producer"),
        .executableTarget(
            name: "LeaseExample", dependencies: ["AMQP", "Contracts"], path: "docs/examples",
            exclude: ["lease.py", "lease.sh"]),
        .executableTarget(
            name: "Bench", dependencies: ["TestSupport", "Runtime", "Contracts", "AMQP", "Postgres"],
            path: "Tests/Bench"),
        .testTarget(name: "ContractsTests", dependencies: ["Contracts"], path: "Tests/Contracts"),
        .testTarget(name: "AMQPTests", dependencies: ["AMQP"], path: "Tests/AMQP"),
        .testTarget(name: "PostgresTests", dependencies: ["Postgres"], path: "Tests/Postgres"),
        .testTarget(name: "SealingTests", dependencies: ["Sealing"], path: "Tests/Sealing"),
        .testTarget(name: "HTTPTests", dependencies: ["HTTP"], path: "Tests/HTTP"),
        .testTarget(
            name: "HTTPClientTests", dependencies: ["HTTPClient", "HTTP", "TestSupport", "CCurl"],
            path: "Tests/HTTPClient"),
        .executableTarget(name: "ProcessProbe", dependencies: ["Processes"], path: "Tests/ProcessProbe"),
        .testTarget(
            name: "ProcessesTests", dependencies: ["Processes", "CLinux", "ProcessProbe"], path: "Tests/Processes"),
        .testTarget(
            name: "AnsibleTests", dependencies: ["Ansible", "Processes", "Contracts", "ProcessProbe", "TestSupport"],
            path: "Tests/Ansible", exclude: ["Fixtures"]),
        .testTarget(
            name: "SSHTests", dependencies: ["SSH", "Processes", "ProcessProbe", "TestSupport"], path: "Tests/SSH"),
        .testTarget(name: "ImagesTests", dependencies: ["Images", "Contracts", "Sealing"], path: "Tests/Images"),
        .testTarget(name: "ShopSiteTests", dependencies: ["ShopSite"], path: "Tests/ShopSite"),
        .testTarget(name: "RuntimeTests", dependencies: ["Runtime", "Contracts", "AMQP"], path: "Tests/Runtime"),
        .testTarget(
            name: "WorkerTests",
            dependencies: [
                "TestSupport", "Runtime", "Leases", "Books", "Depth", "Contracts", "AMQP", "Postgres", "Sealing",
                "HTTPClient", "CLI", "Relay", "Ansible", "Processes", "ProcessProbe",
            ]
                + workers.map { .target(name: "\($0)Worker") },
            path: "Tests/Workers"),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "TestSupport", "Runtime", "Books", "Depth", "Contracts", "AMQP", "Postgres", "Sealing", "HTTPClient",
                "Images", "Processes", "ProcessProbe", "DeployShopWorker",
            ],
            path: "Tests/Integration"),
        .testTarget(
            name: "BooksTests", dependencies: ["Books", "Runtime", "Contracts", "AMQP"], path: "Tests/Books"),
        .testTarget(name: "DepthTests", dependencies: ["Depth", "Contracts"], path: "Tests/Depth"),
        .testTarget(
            name: "FuzzTests", dependencies: fuzzed, path: "Tests/Fuzz", exclude: ["CFuzzer", "Corpora", "Driver"]),
        .testTarget(name: "TidyTests", path: "Tests/Tidy"),
    ]
        + workers.map {
            .executableTarget(
                name: "\($0)Worker", dependencies: ["Runtime", "Contracts"] + (kits[$0] ?? []), path: "Workers/\($0)",
                exclude: excluded[$0] ?? [])
        },
    swiftLanguageModes: [.v6]
)

/// The house's settings, for every target alike.
for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .treatAllWarnings(as: .error),
        .strictMemorySafety(),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        // Crash points and sabotage: in test builds only.
        .define("FAULTS", .when(configuration: .debug)),
    ]
}

// With RUCHE_SHIPPED=1 the package is what images are built of: nothing that only tests and examples need.
if Context.environment["RUCHE_SHIPPED"] == "1" {
    package.targets.removeAll { ($0.path ?? "").hasPrefix("Tests/") || ($0.path ?? "").hasPrefix("docs/") }
}

// With RUCHE_UNIT_TESTS=1 the package is that of the unit tests alone, so that a second build of them, with a sanitizer,
// takes less.
if Context.environment["RUCHE_UNIT_TESTS"] == "1" {
    let others: Set = ["IntegrationTests", "TidyTests", "ProbeWorker", "Producer", "LeaseExample", "Bench"]
    package.targets.removeAll { others.contains($0.name) }
}

// With RUCHE_FUZZ=1 the package is that of scripts/fuzz: one program around what is fuzzed. To build it quickly,
// only what is fuzzed of a module is in it, and what that needs.
if Context.environment["RUCHE_FUZZ"] == "1" {
    let sources: [String: [String]?] = [
        "Contracts": nil, "AMQP": nil, "Postgres": nil, "Sealing": nil, "Images": nil,
        "HTTP": ["RequestHead.swift", "PercentEncoding.swift", "HTTPHeaders.swift", "HTTPMethod.swift"],
        "HTTPClient": ["ClientError.swift", "ClientResponse.swift", "ClientURL.swift", "Receiver.swift"],
        "Runtime": [
            "Exports.swift", "Wiring", "Ledger/JobState.swift", "Ledger/LedgerKey.swift", "Service/Directory.swift",
            "Service/Duration+Text.swift", "Service/Monotonic.swift", "Service/RetryPolicy.swift",
            "Tracing/TraceHeaders.swift", "Work/Job.swift",
        ],
        "Depth": ["DepthError.swift"],
        "Relay": ["DeadLetters/DeadLetter.swift"],
        "CLI": [
            "Core/Filter", "Core/Assignment.swift", "Core/Descriptor.swift", "Core/ExitCode.swift", "Core/File.swift",
            "Core/LineReader.swift", "Core/Moment.swift", "Core/Producer.swift", "Core/TextWidth.swift",
            "Enqueue/BulkEnvelope.swift",
            "Enqueue/BulkJournal.swift", "Enqueue/BulkLine.swift", "Enqueue/JournalReader.swift",
            "Jobs/JobCursor.swift",
            "Logs/LogSelector.swift",
        ],
        "ImportBatchWorker": ["List"],
        "IngestLogsWorker": [
            "GatheredLogs.swift", "GatheredStream.swift", "LogChunk.swift", "Loki/LokiAnswer.swift",
            "Loki/LokiBody.swift", "Loki/LokiRefusal.swift", "Loki/LokiTenancy.swift",
        ],
    ]
    let coverage = "-sanitize-coverage=edge,indirect-calls,trace-cmp,inline-8bit-counters,pc-table"
    let settings =
        (package.targets.first { $0.name == "Contracts" }?.swiftSettings ?? [])
        + [.unsafeFlags(["-enable-testing", "-gline-tables-only", "-sanitize=address", coverage])]
    let names = Set(sources.keys).union(package.targets.filter { $0.type == .system }.map(\.name))
    func isThere(_ dependency: Target.Dependency) -> Bool {
        if case .byNameItem(let name, _) = dependency { names.contains(name) } else { true }
    }
    package.products = []
    package.targets = package.targets.compactMap { target in
        if target.type == .system { return target }
        guard let chosen = sources[target.name] else { return nil }
        return .target(
            name: target.name, dependencies: target.dependencies.filter(isThere), path: target.path,
            exclude: target.exclude, sources: chosen, resources: target.resources, swiftSettings: settings)
    }
    package.targets += [
        .systemLibrary(name: "Fuzzer", path: "Tests/Fuzz/CFuzzer"),
        .executableTarget(
            name: "Fuzz", dependencies: fuzzed + ["Fuzzer"], path: "Tests/Fuzz",
            exclude: ["CFuzzer", "Corpora", "CorpusTests.swift"], swiftSettings: settings,
            linkerSettings: [
                .unsafeFlags(["-use-ld=lld", "-sanitize=address"]), .linkedLibrary("stdc++"),
                // Whole, for its hooks take the place of the sanitizer's.
                .unsafeFlags(
                    ["--whole-archive", Context.environment["RUCHE_FUZZ_LIBRARY"] ?? "", "--no-whole-archive"]
                        .flatMap { ["-Xlinker", $0] }),
            ]),
    ]
}

/// `LeaseIP` → `lease-ip`: a hyphen where a capital begins a word.
func kebab(_ name: String) -> String {
    let letters = Array(name)
    return letters.indices.map { i in
        let begins =
            i > 0 && letters[i].isUppercase
            && (letters[i - 1].isLowercase || (i + 1 < letters.count && letters[i + 1].isLowercase))
        return (begins ? "-" : "") + letters[i].lowercased()
    }.joined()
}
