import Foundation
import TestSupport

/// Where images wait on their way to a server, when some bytes of them have arrived, until the test lets them through.
struct ShippingGate {
    private let fleet: FleetScene

    /// Puts itself before the engine's client of the server; it is open.
    init(_ fleet: FleetScene) throws {
        self.fleet = fleet
        let script = """
            #!/bin/sh
            [ "$1" = load ] && [ ! -e /tmp/gate-open ] || exec /usr/bin/docker "$@"
            first=$(mktemp)
            head -c 4096 > $first
            touch /tmp/gate-reached
            while [ ! -e /tmp/gate-open ]; do sleep 0.05; done
            cat $first - | /usr/bin/docker "$@"
            status=$?
            rm -f $first
            exit $status
            """
        try fleet.ssh("sudo tee /usr/local/bin/docker > /dev/null << 'END'\n\(script)\nEND")
        try fleet.ssh("sudo chmod 755 /usr/local/bin/docker")
        try open()
    }

    /// Lets through what waits, and what comes later.
    func open() throws { try fleet.ssh("touch /tmp/gate-open") }

    /// Lets nothing through from now on.
    func close() throws { try fleet.ssh("rm -f /tmp/gate-open /tmp/gate-reached") }

    /// Waits until an image is in the middle of its way.
    func awaitShipment() throws {
        try eventually("an image is on its way") {
            fleet.attempt("docker exec \(fleet.name)-1 test -e /tmp/gate-reached").status == 0
        }
    }

    /// Ends every connection of the operator at once, as a server that is cut off would.
    ///
    /// - Parameter lettingIn: whether new ones are taken.
    func cutConnections(lettingIn: Bool) throws {
        if !lettingIn { try fleet.console("systemctl stop ssh") }
        let end = """
            for id in /proc/[0-9]*; do
                [ "$(stat -c %U $id)" = ruche ] && [ "$(cat $id/comm)" = sshd ] && kill -KILL ${id#/proc/}
            done 2> /dev/null; true
            """
        try fleet.console("sh -c '\(end)'")
    }

    /// Has the server take connections again.
    func letIn() throws { try fleet.console("systemctl start ssh") }
}
