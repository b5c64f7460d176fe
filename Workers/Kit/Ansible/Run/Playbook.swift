package import Processes

/// A playbook, and how it is run.
package struct Playbook: Sendable {
    /// The file, from the root on.
    package var path: String
    /// The file with ansible's settings, from the root on; without one, ansible's own defaults. The worker's home and
    /// `/etc/ansible` never count.
    package var configuration: String?
    /// How many hosts are dealt with at once.
    package var forks = 20
    /// Only these hosts of the inventory; all of them without a list.
    package var limit: [String]?
    /// How long a run may take. Then ansible is asked to end, and killed after `grace`.
    package var timeLimit: Duration?
    /// How long ansible has to end when asked to.
    package var grace = Duration.seconds(10)
    /// What the failure of a task means whatever it says, by its name: the checks that the playbook begins with.
    package var checks: [String: HostFailure.Reason] = [:]
    /// Where programs are looked for: ansible-playbook, ssh, sshpass.
    package var searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    package init(_ path: String, configuration: String? = nil) {
        (self.path, self.configuration) = (path, configuration)
    }

    /// How many tasks the playbook has for a host, without handlers and what is only run after a failure. Takes about a
    /// second.
    ///
    /// - Throws: `ProcessError`, also `notFound` when ansible is not installed; `AnsibleError`: `noTasks` when the
    ///   playbook cannot be read; `SecretError`.
    package func taskCount(under lease: Lease) async throws -> Int {
        let files = try RunFiles.write(self, Inventory(hosts: [], knownHostsFile: "/dev/null"), RunInput())
        let program = program(["--list-tasks", "--inventory", "localhost,", path], in: files.path)
        var count = 0
        let result = try await program.run(under: lease) { line in
            if line.stream == .output, Self.isTask(line.text) { count += 1 }
        }
        files.keep()
        guard result.ending.isSuccess, count > 0 else {
            throw AnsibleError(.noTasks, "the tasks of the playbook cannot be listed; ansible \(result.ending)")
        }
        return count
    }

    /// Whether a line of `--list-tasks` shows a task: six blanks, its name, a tab, its tags.
    static func isTask(_ line: String) -> Bool {
        line.hasPrefix("      ") && line.contains("\tTAGS: [")
    }

    /// Ansible with these words. Its environment is all here: nothing of the worker's is passed on, and whatever
    /// ansible writes beside its output goes into the run's directory.
    func program(_ words: [String], in directory: String) -> Program {
        var environment = [
            "PATH": searchPath,
            "HOME": directory,
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_CONFIG": configuration ?? "/dev/null",
            "ANSIBLE_HOME": "\(directory)/ansible",
            "ANSIBLE_LOCAL_TEMP": "\(directory)/temporary",
            "ANSIBLE_SSH_CONTROL_PATH_DIR": "\(directory)/\(RunFiles.controlName)",
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.jsonl",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_INVENTORY_UNPARSED_FAILED": "1",
            "ANSIBLE_RETRY_FILES_ENABLED": "0",
            // Python's buffer has kept a result back until something else was written, though ansible flushes it.
            "PYTHONUNBUFFERED": "1",
        ]
        if words.first != "--list-tasks" { environment["ANSIBLE_INVENTORY_ENABLED"] = "yaml" }
        var program = Program("ansible-playbook", words, environment: environment, directory: directory)
        program.timeLimit = timeLimit
        program.grace = grace
        // A result is one line, with all that a command wrote, twice.
        program.lineLimit = 4_194_304
        program.bufferLimit = 4_194_304
        return program
    }
}
