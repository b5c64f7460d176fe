import AMQP
import Foundation
package import Testing

/// A syslog-ng of one test, which reads a file and sends it with the configuration that operators include. It has its
/// own persist file and control socket, runs as whoever runs the tests, and ends with the cluster.
package final class SyslogNG {
    /// Where Debian installs the daemon.
    private static let program = "/usr/sbin/syslog-ng"
    /// Whether it is here; in CI a missing one is an error, not a skip.
    fileprivate static var isThere: Bool { FileManager.default.isExecutableFile(atPath: program) || TestServers.isCI }

    private static let checkout = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    private let input: FileHandle
    private let control: String
    private let environment: [String: String]
    /// The daemon.
    package let process: RunningProcess

    /// Starts the daemon.
    ///
    /// - Parameters:
    ///   - parameters: more of what `ruche()` takes, such as `id("")`, or another `host`.
    ///   - options: global options.
    ///   - flags: how the lines of the file are read.
    package init(
        _ cluster: Cluster, _ parameters: String = "", options: String = "", flags: String = "syslog-protocol"
    ) throws {
        let uri = try AMQPURI(parsing: cluster.environment["AMQP_URL"]!)
        let stem = "\(cluster.directory)/\(TestServers.uniqueName("s"))"
        control = "\(stem).ctl"
        environment = cluster.environment
        _ = FileManager.default.createFile(atPath: "\(stem).in", contents: nil)
        input = try FileHandle(forWritingTo: URL(filePath: "\(stem).in"))
        let address = #"host("\#(uri.hosts[0].name)") port(\#(uri.hosts[0].port))"#
        let configuration = """
            @version: 3.38
            @include "\(Self.checkout)/compose/syslog-ng/ruche.conf"
            options { stats-freq(0); keep-hostname(yes); \(options) };
            source s_file { file("\(stem).in" follow-freq(0.1) flags(\(flags))); };
            destination d_ruche {
                ruche(
                    \(parameters.contains("host(") ? "" : address) vhost("\(uri.virtualHost)")
                    user("\(uri.username)") password("`RUCHE_AMQP_PASSWORD`") \(parameters));
            };
            log { source(s_file); destination(d_ruche); flags(flow-control); };
            """
        try configuration.write(toFile: "\(stem).conf", atomically: true, encoding: .utf8)
        process = try cluster.launch(
            path: Self.program, ["RUCHE_AMQP_PASSWORD": uri.password],
            arguments: [
                "--foreground", "--stderr", "--no-caps", "--cfgfile", "\(stem).conf", "--persist-file",
                "\(stem).persist", "--control", control, "--pidfile", "\(stem).pid",
            ])
        try process.waitForLine(containing: "starting up")
    }

    deinit { try? input.close() }

    /// Appends to the file that it reads.
    package func write(_ bytes: [UInt8]) throws { try input.write(contentsOf: Data(bytes)) }

    /// How many messages it believes to have sent.
    package func written() throws -> Int {
        let result = try FinishedProcess(
            path: "/usr/sbin/syslog-ng-ctl", arguments: ["stats", "--control=\(control)"], environment: environment)
        guard result.status == 0 else { throw TestFailure("syslog-ng-ctl: \(result.errors)") }
        let line = result.output.split(separator: "\n").first { $0.hasPrefix("dst.amqp;") && $0.contains(";written;") }
        return line.flatMap { Int($0.split(separator: ";").last ?? "") } ?? 0
    }
}

extension Trait where Self == ConditionTrait {
    /// Runs only where Debian's syslog-ng and its AMQP destination are installed.
    package static var syslogNG: Self { .enabled(if: SyslogNG.isThere, "needs syslog-ng-mod-amqp") }
}
