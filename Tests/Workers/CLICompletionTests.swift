import Testing

@testable import CLI

@Suite struct CLICompletionTests {
    @Test(arguments: [
        (["jobs", ""], ["list", "show", "why", "retry", "cancel"]), (["jobs", "sh"], ["show"]), (["vers"], ["version"]),
        (["help", "dead", "l"], ["list"]), (["enqueue", "lease"], ["lease-ip"]),
        (["contracts", "show", "rel"], ["release-ip"]),
        (["sessions", "--col"], ["--color"]), (["sessions", "--color", "a"], ["auto", "always"]),
        (["sessions", "--color", "=", "n"], ["never"]),
        (["sessions", "--color="], ["--color=auto", "--color=always", "--color=never"]),
        (["sessions", "-o", "js"], ["json", "jsonl"]), (["sessions", "--time", ""], ["relative", "iso"]),
        (["enqueue", "-f", ""], [":files"]), (["import", ""], [":files"]), (["completion", "z"], ["zsh"]),
        (["enqueue", "lease-ip", "--ndj"], ["--ndjson"]), (["version", "extra"], []), (["nonsense", ""], []),
    ])
    func tabOffersWhatMayStandNext(words: [String], offered: [String]) {
        #expect(Completion.candidates(words).map(\.word) == offered)
    }

    @Test func everyVerbCanBeReachedByTab() {
        for verb in Verb.all {
            for place in verb.path.indices {
                let words = Array(verb.path[..<place]) + [""]
                #expect(Completion.candidates(words).contains { $0.word == verb.path[place] }, "\(verb.name)")
            }
        }
    }

    @Test(arguments: [
        (".TH", #"\&.TH"#), ("a-b", #"a\-b"#), (#"a\b"#, #"a\eb"#), ("“x”", "\\[u201C]x\\[u201D]"),
        ("'q'", #"\&\(aqq\(aq"#),
    ])
    func textIsNoRoffCommand(text: String, roff: String) {
        #expect(Manual.text(text) == roff)
    }
}
