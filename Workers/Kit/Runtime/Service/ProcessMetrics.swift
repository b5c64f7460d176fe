import Glibc

/// The metrics every Prometheus client library has of its own process, from `/proc/self`, and which build it is.
enum ProcessMetrics {
    static func render() -> String { build + process() }

    private static let build = """
        # HELP ruche_build_info The edition that runs; always 1.
        # TYPE ruche_build_info gauge
        ruche_build_info{version="\(Service.version)",swift="\(swift)"} 1

        """

    private static var swift: String {
        #if compiler(>=6.4)
        "6.4 or later"
        #else
        "6.3"
        #endif
    }

    private static func process() -> String {
        let fields = stat()
        let hertz = Double(sysconf(Int32(_SC_CLK_TCK)))
        let page = Double(sysconf(Int32(_SC_PAGESIZE)))
        guard fields.count > 22 else { return "" }
        let lines: [(String, String, String, Double)] = [
            ("process_cpu_seconds_total", "counter", "CPU time spent.", (fields[11] + fields[12]) / hertz),
            ("process_resident_memory_bytes", "gauge", "Resident memory.", fields[21] * page),
            ("process_virtual_memory_bytes", "gauge", "Virtual memory.", fields[20]),
            ("process_threads", "gauge", "Threads.", fields[17]),
            ("process_start_time_seconds", "gauge", "Start, since the epoch.", bootTime() + fields[19] / hertz),
            ("process_open_fds", "gauge", "Open descriptors.", Double(openDescriptors())),
            ("process_max_fds", "gauge", "Most descriptors allowed.", descriptorLimit()),
        ]
        return lines.map { name, kind, help, value in
            "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n\(name) \(Metrics.number(value))\n"
        }.joined()
    }

    /// The fields of `/proc/self/stat` behind the command's name; the first is the state, which counts as 0.
    private static func stat() -> [Double] {
        let text = content("/proc/self/stat")
        guard let end = text.lastIndex(of: ")") else { return [] }
        return text[text.index(after: end)...].split(separator: " ").map { Double($0) ?? 0 }
    }

    private static func bootTime() -> Double {
        let line = content("/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Double($0.dropFirst(6)) } ?? 0
    }

    private static func openDescriptors() -> Int {
        guard let directory = unsafe opendir("/proc/self/fd") else { return 0 }
        defer { unsafe closedir(directory) }
        var count = 0
        while unsafe readdir(directory) != nil { count += 1 }
        // Neither `.`, `..` nor the descriptor of this very listing.
        return count - 3
    }

    private static func descriptorLimit() -> Double {
        var limit = rlimit()
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Double(limit.rlim_cur)
    }

    private static func content(_ path: String) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
