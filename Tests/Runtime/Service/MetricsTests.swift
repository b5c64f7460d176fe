import Testing

@testable import Runtime

@Suite("Metrics")
struct MetricsTests {
    private let metrics = Metrics()

    /// The lines of one family.
    private func lines(_ name: String) -> [String] {
        metrics.render().split(separator: "\n").map(String.init).filter { $0.contains(name) }
    }

    @Test("A counter shows help, type and a line for each of its labels, in order")
    func counter() {
        let jobs = metrics.register(.counter, "t_jobs_total", "Jobs.", labels: ["command", "outcome"])
        metrics.add(2, to: jobs, ["lease-ip", "succeeded"])
        metrics.add(to: jobs, ["lease-ip", "refused"])
        metrics.add(to: jobs, ["lease-ip", "succeeded"])
        #expect(
            lines("t_jobs") == [
                "# HELP t_jobs_total Jobs.", "# TYPE t_jobs_total counter",
                "t_jobs_total{command=\"lease-ip\",outcome=\"refused\"} 1",
                "t_jobs_total{command=\"lease-ip\",outcome=\"succeeded\"} 3",
            ])
    }

    @Test("A family without labels is there from the start, so that a rate can be taken of its first event")
    func zero() {
        _ = metrics.register(.counter, "t_total", "T.")
        _ = metrics.register(.histogram, "t_seconds", "T.", buckets: [1])
        #expect(lines("t_total").last == "t_total 0")
        #expect(
            lines("t_seconds").suffix(4) == [
                "t_seconds_bucket{le=\"1\"} 0", "t_seconds_bucket{le=\"+Inf\"} 0", "t_seconds_sum 0",
                "t_seconds_count 0",
            ])
    }

    @Test("A histogram's buckets are cumulative and include their bound")
    func histogram() {
        let waits = metrics.register(.histogram, "t_wait_seconds", "T.", labels: ["q"], buckets: [0.5, 1, 2])
        metrics.observe(0.25, in: waits, ["a"])
        metrics.observe(1, in: waits, ["a"], count: 2)
        metrics.observe(9, in: waits, ["a"])
        #expect(
            lines("t_wait_seconds").dropFirst(2) == [
                "t_wait_seconds_bucket{q=\"a\",le=\"0.5\"} 1", "t_wait_seconds_bucket{q=\"a\",le=\"1\"} 3",
                "t_wait_seconds_bucket{q=\"a\",le=\"2\"} 3", "t_wait_seconds_bucket{q=\"a\",le=\"+Inf\"} 4",
                "t_wait_seconds_sum{q=\"a\"} 11.25", "t_wait_seconds_count{q=\"a\"} 4",
            ])
    }

    @Test("Values of a batch are noted together")
    func observations() {
        let waits = metrics.register(.histogram, "t_wait_seconds", "T.", labels: ["q"], buckets: [0.5, 1])
        metrics.observe([0.25, 1, 9], in: waits, ["a"])
        metrics.observe([], in: waits, ["b"])
        #expect(
            lines("t_wait_seconds").dropFirst(2) == [
                "t_wait_seconds_bucket{q=\"a\",le=\"0.5\"} 1", "t_wait_seconds_bucket{q=\"a\",le=\"1\"} 2",
                "t_wait_seconds_bucket{q=\"a\",le=\"+Inf\"} 3", "t_wait_seconds_sum{q=\"a\"} 10.25",
                "t_wait_seconds_count{q=\"a\"} 3",
            ])
    }

    @Test("What was begun shows 0, and keeps what it has")
    func begun() {
        let jobs = metrics.register(.counter, "t_jobs_total", "T.", labels: ["command"])
        metrics.begin(jobs, ["a"])
        #expect(lines("t_jobs").last == "t_jobs_total{command=\"a\"} 0")
        metrics.add(3, to: jobs, ["a"])
        metrics.begin(jobs, ["a"])
        #expect(lines("t_jobs").last == "t_jobs_total{command=\"a\"} 3")
    }

    @Test("A gauge that is replaced shows nothing of what was")
    func replacing() {
        let depth = metrics.register(.gauge, "t_depth", "T.", labels: ["command"])
        metrics.replace(depth, with: [(["a"], 1), (["b"], .infinity)])
        #expect(lines("t_depth{") == ["t_depth{command=\"a\"} 1", "t_depth{command=\"b\"} +Inf"])
        metrics.replace(depth, with: [(["b"], 2)])
        #expect(lines("t_depth{") == ["t_depth{command=\"b\"} 2"])
        metrics.replace(depth, with: [])
        #expect(lines("t_depth").count == 2, "help and type stay")
    }

    @Test(
        "Label values are escaped",
        arguments: [
            ("a\"b", "a\\\"b"), ("a\\b", "a\\\\b"), ("a\nb", "a\\nb"), ("a\r\nb", "a\r\\nb"), ("é", "é"),
        ])
    func escaping(value: String, shown: String) {
        let family = metrics.register(.gauge, "t_gauge", "T.", labels: ["v"])
        metrics.set(1, of: family, [value])
        #expect(metrics.render().contains("\nt_gauge{v=\"\(shown)\"} 1\n"))
    }

    @Test("Help text is escaped, quotes excepted")
    func help() {
        _ = metrics.register(.gauge, "t_gauge", "A \"b\"\\\n.")
        #expect(lines("HELP t_gauge") == ["# HELP t_gauge A \"b\"\\\\\\n."])
    }

    @Test(
        "Numbers are written as Prometheus reads them",
        arguments: [
            (0.0, "0"), (1.5, "1.5"), (-3, "-3"), (1e20, "1e+20"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
            (.nan, "NaN"),
        ])
    func numbers(value: Double, shown: String) { #expect(Metrics.number(value) == shown) }

    @Test("What is asked at a scrape is asked at every scrape")
    func onScrape() {
        let family = metrics.register(.gauge, "t_gauge", "T.")
        metrics.onScrape { [metrics] in metrics.set(7, of: family) }
        #expect(lines("t_gauge").last == "t_gauge 7")
    }

    @Test("The process and its build are described")
    func process() throws {
        let text = metrics.render()
        for name in [
            "process_cpu_seconds_total", "process_resident_memory_bytes", "process_virtual_memory_bytes",
            "process_threads",
            "process_start_time_seconds", "process_open_fds", "process_max_fds",
        ] {
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + " ") }, "\(name)")
            let value = try #require(Double(line.dropFirst(name.count + 1)))
            // A fresh process may round to no CPU time yet.
            #expect(value > 0 || name == "process_cpu_seconds_total", "\(line)")
        }
        #expect(text.contains("\nruche_build_info{version=\"\(Service.version)\",swift=\""))
    }

    @Test("No family appears twice and every line ends")
    func wellFormed() {
        _ = metrics.register(.counter, "t_total", "T.")
        let text = metrics.render()
        let names = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ")[2] }
        #expect(Set(names).count == names.count && text.hasSuffix("\n") && !text.contains("\n\n"))
    }

    @Test("A name taken twice and a label too few are mistakes in the program")
    func misuse() async {
        await #expect(processExitsWith: .failure) {
            let metrics = Metrics()
            _ = metrics.register(.counter, "t_total", "T.")
            _ = metrics.register(.counter, "t_total", "T.")
        }
        await #expect(processExitsWith: .failure) {
            let metrics = Metrics()
            metrics.add(to: metrics.register(.counter, "t_total", "T.", labels: ["a"]), [])
        }
    }
}
