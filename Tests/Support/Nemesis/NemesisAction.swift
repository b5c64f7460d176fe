/// Something bad that happens to a ``NemesisScene``, is felt, and is mended.
package enum NemesisAction: String, CaseIterable, Sendable {
    // The broker, and the way to it.
    case restartBroker, killBroker, memoryAlarm, brokerDiskAlarm, closeConnections, deleteQueue, consumerTimeout
    case exhaustConnections
    case delayBroker, freezeBroker, halfOpenBroker, swallowBroker, cutBroker, refuseBroker
    // The database, and the way to it.
    case restartDatabase, killDatabase, terminateSessions, holdLocks, provokeDeadlocks, exhaustSessions
    case fillDisk, fillLog, freezeSession
    case delayDatabase, freezeDatabase, halfOpenDatabase, swallowDatabase, cutDatabase, refuseDatabase
    // Processes.
    case killWorker, killRelay, killProducer, freezeWorker, freezeRelay, freezeProducer, drainWorker, drainRelay
    case stepClock

    /// What it happens to. One thing at a time happens to each; different ones at the same time.
    package enum Target: String, CaseIterable, Sendable { case broker, database, processes }

    /// What it happens to.
    package var target: Target {
        switch self {
        case .restartBroker, .killBroker, .memoryAlarm, .brokerDiskAlarm, .closeConnections, .deleteQueue,
            .consumerTimeout, .exhaustConnections, .delayBroker, .freezeBroker, .halfOpenBroker, .swallowBroker,
            .cutBroker, .refuseBroker:
            .broker
        case .restartDatabase, .killDatabase, .terminateSessions, .holdLocks, .provokeDeadlocks, .exhaustSessions,
            .fillDisk, .fillLog, .freezeSession, .delayDatabase, .freezeDatabase, .halfOpenDatabase,
            .swallowDatabase, .cutDatabase, .refuseDatabase:
            .database
        case .killWorker, .killRelay, .killProducer, .freezeWorker, .freezeRelay, .freezeProducer, .drainWorker,
            .drainRelay, .stepClock:
            .processes
        }
    }

    /// How to mend it.
    typealias Heal = () throws -> Void

    /// Makes it happen. Returns once it has been felt, with what mends it.
    ///
    /// - Throws: when it was not felt; ``NemesisScene/heal()`` mends what may have happened all the same.
    func begin(in scene: NemesisScene, _ random: inout SeededRandom) throws -> Heal {
        switch target {
        case .broker: try scene.strikeBroker(self, &random)
        case .database: try scene.strikeDatabase(self, &random)
        case .processes: try scene.strikeProcess(self, &random)
        }
    }

    /// Whether it can happen on this machine: not every one lets disks be mounted or clocks be set.
    package func isPossible(in scene: NemesisScene) -> Bool {
        switch self {
        case .fillDisk, .fillLog: scene.server?.hasDisk ?? false
        case .stepClock: scene.hasClocks
        default: true
        }
    }
}
