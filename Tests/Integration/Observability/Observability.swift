import Foundation
import TestSupport

/// What is shipped to watch a cluster: dashboards, rules, runbooks.
enum Observability {
    static let dashboards = "compose/grafana/dashboards"

    /// Every expression of the dashboards and the rules, and where it stands.
    static func expressions() throws -> [(place: String, expression: String)] {
        var found: [(String, String)] = []
        for name in try Checkout.names(in: dashboards) {
            for panel in try panels(name) {
                for target in panel["targets"] as? [[String: Any]] ?? [] {
                    if let expression = target["expr"] as? String {
                        found.append(("\(name), \(panel["title"] ?? "")", expression))
                    }
                }
            }
        }
        for (file, text) in try Prometheus.rules() {
            for rule in rules(text) { found.append(("\(file), \(rule.name)", rule.expression)) }
        }
        return found
    }

    /// A dashboard's panels.
    static func panels(_ name: String) throws -> [[String: Any]] {
        try dashboard(name)["panels"] as? [[String: Any]] ?? []
    }

    /// A dashboard.
    static func dashboard(_ name: String) throws -> [String: Any] {
        let data = Data(try Checkout.text("\(dashboards)/\(name)").utf8)
        return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    }

    /// The alerts of a file of rules: each has its expression as a folded block, and a page.
    static func rules(_ text: String) -> [(name: String, expression: String, page: String)] {
        text.matches(
            of: /- alert: (\w+)\n +expr: >-\n((?: {10}.*\n)+)(?:(?! {6}- ).*\n)*? +runbook_url: (\S+)\n/
        ).map { match in
            let lines = match.output.2.split(separator: "\n").map { $0.drop { $0 == " " } }
            return (String(match.output.1), lines.joined(separator: " "), String(match.output.3))
        }
    }

    /// The metrics that an expression names: ours, the broker's and those of a process.
    static func names(in expression: String) -> Set<String> {
        let bare = expression.replacing(/"[^"]*"/, with: "").replacing(/\b(by|without) \([^)]*\)/, with: "")
        return Set(bare.matches(of: /\b(?:ruche|rabbitmq|process)_[a-z0-9_]+/).map { String($0.output) })
    }

    /// A label that an expression counts on, and the metrics of which one must have it.
    struct Label: Hashable {
        let name: String
        let metrics: Set<String>
    }

    /// The labels by which an expression chooses, and those by which it groups and joins.
    static func labels(in expression: String) -> Set<Label> {
        var labels: Set<Label> = []
        for selector in expression.matches(of: /([a-z_][a-z0-9_]*)\{([^}]*)\}/) {
            for label in selector.output.2.matches(of: /([a-z_]+) *(?:=~|!~|!=|=)/) {
                labels.insert(Label(name: String(label.output.1), metrics: [String(selector.output.1)]))
            }
        }
        let metrics = names(in: expression).union(expression.matches(of: /\bup\b/).map { String($0.output) })
        for list in expression.matches(of: /\b(?:by|on|group_left|group_right) ?\(([^)]*)\)/) {
            for label in list.output.1.split(separator: ",") {
                let name = label.filter { $0 != " " }
                if !name.isEmpty { labels.insert(Label(name: name, metrics: metrics)) }
            }
        }
        return labels
    }
}
