import Compute
import Foundation
package import Logging
package import Postgres
import Routing
import Store

/// Keeps the routers running: starts them, adopts those that run, replaces those that end or fall silent.
///
/// Routers live in sessions of their own and outlive this process. One process at a time runs this (``Leadership``).
package struct FleetSupervisor: Sendable {
    private let database: Database
    private let settings: FleetSettings
    private let control: RouterControlClient
    private let publisher: RoutingPublisher
    private let logger: Logger
    private let turn = ReplacementTurn()

    /// How long a new router waits for its table before it serves the one that was saved.
    private static let savedTableWaitMs = 2_000

    package init(
        database: Database, settings: FleetSettings, control: RouterControlClient, publisher: RoutingPublisher,
        logger: Logger
    ) {
        (self.database, self.settings, self.control) = (database, settings, control)
        (self.publisher, self.logger) = (publisher, logger)
    }

    /// Supervises until the task is cancelled; routers serve on.
    package func run() async {
        let places = places
        await withDiscardingTaskGroup { group in
            group.addTask { await retireOthers(than: Set(places.map(\.controlAddress))) }
            for place in places { group.addTask { await keepServing(place) } }
        }
    }

    private var places: [Place] {
        (0..<settings.count).map { index in
            Place(
                name: "router-\(index)", controlAddress: "unix:\(settings.directory.path)/router-\(index).sock",
                isOurs: true)
        }
            + settings.external.enumerated().map { index, address in
                Place(name: "external-\(index)", controlAddress: address, isOurs: false)
            }
    }

    // MARK: Places that are gone

    /// Ends the routers of an earlier, larger fleet: nobody would look after them, nor tell them a revoked key.
    private func retireOthers(than addresses: Set<String>) async {
        while !Task.isCancelled {
            do {
                for router in try await RouterStore(database).list() where !addresses.contains(router.controlAddress) {
                    try await retire(router)
                }
                return
            } catch {
                guard !Task.isCancelled else { return }
                logger.warning("retiring routers failed, trying again", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: settings.healthInterval)  // only cancellation throws, and the loop sees it
            }
        }
    }

    /// What is inside may end; the publisher does not wait for it meanwhile.
    private func retire(_ router: RouterRow) async throws {
        try await RouterStore(database).setState(id: router.id, .removed)
        let identity = identity(of: router)
        if router.pid != 0, identity.isAlive {
            logger.info("a router without a place in the fleet drains", metadata: ["router.id": "\(router.id)"])
            // One that does not respond is ended all the same.
            try? await control.drain(router.controlAddress, timeout: settings.answerDeadline)
            await withTaskGroup(of: Void.self) { group in
                // Both end early only when cancelled; then the next leader goes on.
                group.addTask { _ = try? await ChildProcess.waitForExit(identity) }
                group.addTask { try? await Task.sleep(for: settings.retirementDeadline) }
                await group.next()
                group.cancelAll()
            }
            try Task.checkCancellation()
            await ChildProcess.terminate(identity, steps: [])
        }
        try await RouterStore(database).delete(id: router.id)
    }

    /// A place in the fleet; the router in it may change.
    private struct Place {
        var name: String
        var controlAddress: String
        /// Whether this process starts the router.
        var isOurs: Bool
    }

    /// Another router than the one that was started answers on the control address.
    private struct Stranger: Error, CustomStringConvertible {
        var pid: Int32
        var description: String { "process \(pid) answers in its place" }
    }

    private func keepServing(_ place: Place) async {
        var shortLives = 0
        while !Task.isCancelled {
            let began = ContinuousClock.now
            do {
                let router = try await ensureRunning(place)
                try await admit(router)
                await turn.giveBack(place.name)
                try await watch(router, in: place)
            } catch {
                guard !Task.isCancelled else { return }
                logger.warning(
                    "a router is not serving", metadata: ["router.place": "\(place.name)", "error": "\(error)"])
            }
            shortLives = ContinuousClock.now - began > settings.startDeadline ? 0 : shortLives + 1
            // The first one is replaced at once: whoever ended it may not come again.
            guard shortLives > 1 else { continue }
            let pause = min(Duration.milliseconds(100) * (1 << min(shortLives, 6)), .seconds(5))
            try? await Task.sleep(for: pause)  // only cancellation throws, and the loop sees it
        }
    }

    /// The router that runs in a place: the one that is recorded and alive, or a new one.
    private func ensureRunning(_ place: Place) async throws -> RouterRow {
        let store = RouterStore(database)
        let recorded = try await store.list().first { $0.controlAddress == place.controlAddress }
        guard place.isOurs else {
            if let recorded { return recorded }
            let router = RouterRow(
                id: UUID(), pid: 0, startTicks: 0, controlAddress: place.controlAddress, state: .starting,
                acknowledgedGeneration: 0)
            try await store.save(router)
            return router
        }
        if let recorded {
            let identity = ProcessIdentity(pid: recorded.pid, startTicks: recorded.startTicks)
            if identity.isAlive { return recorded }
            _ = ChildProcess.reap(identity)
        }
        if let orphan = try await adopt(place) { return orphan }
        return try await start(place)
    }

    /// The router that responds in a place although nobody recorded it: one that was started just before this control
    /// plane's predecessor was killed.
    private func adopt(_ place: Place) async throws -> RouterRow? {
        guard let status = try? await control.status(of: place.controlAddress, timeout: settings.answerDeadline),
            let id = UUID(uuidString: status.routerID), let identity = ProcessIdentity(pid: status.pid)
        else { return nil }  // nobody answers: the place is free
        let router = RouterRow(
            id: id, pid: identity.pid, startTicks: identity.startTicks, controlAddress: place.controlAddress,
            state: .starting, acknowledgedGeneration: 0)
        try await RouterStore(database).save(router)
        logger.info("router adopted", metadata: ["router.id": "\(id)", "router.pid": "\(identity.pid)"])
        return router
    }

    private func start(_ place: Place) async throws -> RouterRow {
        try FileManager.default.createDirectory(
            at: settings.directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let id = UUID()
        var environment = settings.environment
        // The table that its predecessor left may name replicas that were drained since: only a router that is counted in
        // is waited for.
        let wait = "SLUICE_ROUTER_SAVED_TABLE_WAIT_MS"
        environment[wait] = environment[wait] ?? "\(Self.savedTableWaitMs)"
        if let interval = settings.accessLogInterval {
            environment["SLUICE_ROUTER_ACCESS_LOG"] =
                settings.directory.appendingPathComponent("\(place.name).access.log").path
            environment["SLUICE_ROUTER_ACCESS_LOG_INTERVAL"] = "\(interval)"
        }
        let launch = ChildLaunch(
            executable: settings.executable,
            arguments: [
                "--listen", settings.listenAddress, "--control", place.controlAddress,
                "--saved-table", settings.directory.appendingPathComponent("\(place.name).table").path,
                "--router-id", id.uuidString.lowercased(),
            ] + (settings.slotTable.map { ["--slots", $0.path] } ?? [])
                + (settings.tls.map { ["--tls-certificate", $0.certificate.path, "--tls-key", $0.key.path] } ?? []),
            environment: environment, workingDirectory: settings.directory,
            logFile: settings.directory.appendingPathComponent("\(place.name).log"))
        let identity = try ChildProcess.spawn(launch)
        let router = RouterRow(
            id: id, pid: identity.pid, startTicks: identity.startTicks, controlAddress: place.controlAddress,
            state: .starting, acknowledgedGeneration: 0)
        do {
            try await RouterStore(database).save(router)
        } catch {
            // A router that is not recorded would never be found again.
            await ChildProcess.terminate(identity, steps: [])
            throw error
        }
        logger.info("router started", metadata: ["router.id": "\(id)", "router.pid": "\(identity.pid)"])
        return router
    }

    /// Gives a router the newest table and counts it in.
    private func admit(_ router: RouterRow) async throws {
        let deadline = ContinuousClock.now + settings.startDeadline
        while true {
            do {
                let status = try await control.status(of: router.controlAddress, timeout: settings.answerDeadline)
                let isWhoWasStarted = status.routerID.lowercased() == router.id.uuidString.lowercased()
                guard router.pid == 0 || isWhoWasStarted else { throw Stranger(pid: status.pid) }
                break
            } catch {
                let isGone = router.pid != 0 && !identity(of: router).isAlive
                guard ContinuousClock.now < deadline, !isGone else {
                    await end(router)
                    throw error
                }
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        // Counted in first: a table that is published meanwhile goes to it as well.
        try await RouterStore(database).setState(id: router.id, .live)
        let generation = try await publisher.bringUpToDate(controlAddress: router.controlAddress)
        try await RouterStore(database).acknowledge(ids: [router.id], generation: generation)
        logger.info("router serves", metadata: ["router.id": "\(router.id)", "routing.generation": "\(generation)"])
    }

    /// Returns when the router has ended or fallen silent, after taking it out of the fleet.
    private func watch(_ router: RouterRow, in place: Place) async throws {
        let reason = try await withThrowingTaskGroup(of: String.self) { group in
            group.addTask { try await untilSilent(router) }
            if router.pid != 0 {
                group.addTask {
                    _ = try await ChildProcess.waitForExit(identity(of: router))
                    return "a router ended"
                }
                group.addTask { try await replaceIfOutdated(router, in: place) }
            }
            defer { group.cancelAll() }
            return try await group.next() ?? ""
        }
        try Task.checkCancellation()
        logger.warning("\(reason)", metadata: ["router.id": "\(router.id)"])
        await end(router)
    }

    /// Drains a router that an earlier version of the binary started, when it is its turn; its end is seen by the watch.
    /// The only router of a host stays: nobody would serve meanwhile.
    private func replaceIfOutdated(_ router: RouterRow, in place: Place) async throws -> String {
        if place.isOurs, settings.count > 1, ExecutableFile.isReplaced(ofProcess: router.pid) {
            while await !turn.take(place.name) { try await Task.sleep(for: settings.healthInterval) }
            logger.info("router of another version drains", metadata: ["router.id": "\(router.id)"])
            try await control.drain(router.controlAddress, timeout: settings.answerDeadline)
        }
        while true { try await Task.sleep(for: .seconds(3_600)) }  // ends with the watch
    }

    private func untilSilent(_ router: RouterRow) async throws -> String {
        var failures = 0
        while failures < settings.failureThreshold {
            try await Task.sleep(for: settings.healthInterval)
            do {
                let status = try await control.status(of: router.controlAddress, timeout: settings.answerDeadline)
                failures = 0
                try await readmit(router, serving: status.generation)
            } catch let error as PostgresError {
                // Without the database nothing can be recorded; the router serves on.
                logger.debug("the fleet could not be recorded", metadata: ["error": "\(error)"])
            } catch {
                try Task.checkCancellation()
                failures += 1
            }
        }
        return "a router fell silent"
    }

    /// The publisher removes a router that missed a table; one that responds again comes back. So does one that serves
    /// less than it once acknowledged, because it was started anew.
    private func readmit(_ router: RouterRow, serving generation: Int64) async throws {
        guard let recorded = try await RouterStore(database).list().first(where: { $0.id == router.id }) else { return }
        guard recorded.state == .removed || generation < recorded.acknowledgedGeneration else { return }
        try await admit(router)
    }

    private func end(_ router: RouterRow) async {
        do {
            try await RouterStore(database).setState(id: router.id, .removed)
        } catch {
            logger.warning("removing a router failed", metadata: ["router.id": "\(router.id)", "error": "\(error)"])
        }
        guard router.pid != 0 else { return }
        await ChildProcess.terminate(identity(of: router), steps: [])
    }

    private func identity(of router: RouterRow) -> ProcessIdentity {
        ProcessIdentity(pid: router.pid, startTicks: router.startTicks)
    }
}
