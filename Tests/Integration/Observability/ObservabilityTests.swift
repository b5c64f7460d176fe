import Foundation
import TestSupport
import Testing

/// What is shipped to watch a cluster, without one: files, cases, pages.
@Suite(.prometheus) struct ObservabilityTests {
    @Test(arguments: [
        ("promtool", ["check", "config", "compose/prometheus/prometheus.yml"]),
        (
            "promtool",
            ["test", "rules"] + ["broker", "jobs", "processes", "queues"].map { "compose/prometheus/tests/\($0).yml" }
        ),
        ("amtool", ["check-config", "compose/prometheus/alertmanager.yml"]),
    ])
    func theToolsHaveNothingToSay(tool: String, arguments: [String]) throws {
        let paths = arguments.map { $0.hasPrefix("compose/") ? Checkout.path($0) : $0 }
        let result = try FinishedProcess(path: "/usr/bin/\(tool)", arguments: paths, environment: [:])
        #expect(result.status == 0, "\(result.output)\(result.errors)")
    }

    @Test func everyAlertHasACaseThatFiresAndOneThatDoesNotAndAPage() throws {
        var pages: Set<String> = []
        for (file, text) in try Prometheus.rules() {
            let cases = try Checkout.text("compose/prometheus/tests/\(file)")
            let alerts = Observability.rules(text)
            #expect(alerts.count == text.matches(of: /- alert:/).count && !alerts.isEmpty, "\(file)")
            for alert in alerts {
                let expected = cases.matches(
                    of: try Regex(#"alertname="\#(alert.name)",alertstate="firing"\}\)\n.*\n +exp_samples:( \[\])?\n"#))
                let quiet = expected.filter { $0.output[1].substring != nil }.count
                #expect(quiet > 0 && quiet < expected.count, "\(alert.name) needs a case of both kinds")
                let page = try Checkout.text(alert.page)
                #expect(page.contains("Alert `\(alert.name)`"), "\(alert.page) is about \(alert.name)")
                for heading in ["What it means", "How to confirm", "What to do"] {
                    #expect(page.contains("\n## \(heading)\n"), "\(alert.page)")
                }
                pages.insert(alert.page)
            }
        }
        #expect(try Set(Checkout.names(in: "docs/runbooks").map { "docs/runbooks/\($0)" }) == pages)
    }

    @Test func theVerbsOfTheRunbooksExist() throws {
        let reference = try Checkout.text("docs/cli.md")
        for name in try Checkout.names(in: "docs/runbooks") {
            for match in try Checkout.text("docs/runbooks/\(name)").matches(of: /`ruche ([a-z]+)(?: ([a-z]+))?/) {
                let (verb, more) = (match.output.1, match.output.2.map { " \($0)" } ?? "")
                let isThere = reference.contains("\n## \(verb)\(more)\n") || reference.contains("\n## \(verb)\n")
                #expect(isThere, "\(name): ruche \(verb)\(more)")
            }
        }
    }

    @Test func dashboardsAreWholeAndUseAProvisionedSource() throws {
        let sources = try Checkout.text("compose/grafana/provisioning/datasources/ruche.yml")
        var ids: Set<String> = []
        for name in try Checkout.names(in: Observability.dashboards) {
            let dashboard = try Observability.dashboard(name)
            #expect(ids.insert(try #require(dashboard["uid"] as? String)).inserted, "\(name)")
            let panels = try Observability.panels(name)
            let numbers = panels.compactMap { $0["id"] as? Int }
            #expect(numbers.count == panels.count && Set(numbers).count == panels.count, "\(name)")
            for panel in panels where panel["type"] as? String != "row" {
                let source = (panel["datasource"] as? [String: String])?["uid"] ?? ""
                #expect(sources.contains("uid: \(source)\n"), "\(name), \(panel["title"] ?? "")")
                #expect((panel["targets"] as? [[String: Any]])?.isEmpty == false, "\(name), \(panel["title"] ?? "")")
            }
        }
    }

    @Test func everyWorkerOfComposeIsScraped() throws {
        let compose = try Checkout.text("compose/compose.yaml")
        let manifest = try Checkout.text("Package.swift")
        let list = try #require(manifest.firstMatch(of: /let workers = \[([^\]]*)\]/)).output.1
        let workers = list.matches(of: /"(\w+)"/).map { match in
            match.output.1.replacing(/([a-z])([A-Z])/) { "\($0.output.1)-\($0.output.2)" }.lowercased()
        }
        let configuration = try Checkout.text("compose/prometheus/prometheus.yml")
        let names = try #require(configuration.firstMatch(of: /job_name: ruche-worker\n.*\n +- names: \[([^\]]*)\]/))
        let scraped = Set(names.output.1.split(separator: ", ").map(String.init))
        #expect(!workers.isEmpty)
        for worker in workers where compose.contains("\n  \(worker):\n") {
            #expect(scraped.contains(worker), "\(worker)")
        }
    }
}
