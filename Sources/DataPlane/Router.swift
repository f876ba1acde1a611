import Foundation
import Glibc
package import Logging
import Platform
package import Routing
import ServiceLifecycle

/// A router: the loops of the data path and the table they serve.
///
/// ```swift
/// let router = try Router(configuration: configuration, logger: logger)   // the port is bound now
/// try await router.apply(table)                                          // every loop serves it now
/// try await router.run()                                                 // until a drain has ended
/// ```
/// ``run()`` starts one thread per loop and returns when all have ended: after ``drain()``, a graceful shutdown or a
/// cancellation, when the last request is answered or the drain's time is up.
package final class Router: Service {
    package let configuration: RouterConfiguration
    /// The address that was bound, with the port that the system chose if none was given.
    package let listenAddress: SocketAddress
    let logger: Logger
    let shared: LoopShared
    let tables: TableKeeper
    private let listeners: [Int32]
    private let tls: TLSContext?
    private let startedAt = Date()
    private let drainState = DrainState()

    /// Binds the listeners. Without a control plane there is no table to wait for: clients may connect from here on.
    package init(configuration: RouterConfiguration, logger: Logger) throws {
        var configuration = configuration
        let most = ConnectionLimit.connections(of: FileLimit.raise())
        if configuration.loop.maxConnections > most {
            logger.warning(
                "the limit of open files allows fewer connections than are set",
                metadata: ["router.connections": "\(most)"])
            configuration.loop.maxConnections = most
        }
        (self.configuration, self.logger) = (configuration, logger)
        tls = try configuration.tls.map { (files) throws(ConfigurationFault) in try files.load() }
        shared = try LoopShared(
            slots: SlotHost(directory: configuration.slots, loopCount: configuration.loopCount),
            accessLogInterval: configuration.accessLog.map { _ in configuration.accessLogInterval })
        var address = configuration.listen
        var listeners: [Int32] = []
        for _ in 0..<configuration.loopCount {
            let listener = try ListeningSocket.bind(address)
            if !configuration.loop.waitsForTable { try ListeningSocket.start(listener.descriptor) }
            address = listener.address
            listeners.append(listener.descriptor)
        }
        self.listeners = listeners
        listenAddress = address
        tables = TableKeeper(
            compiler: TableCompiler(slots: shared.slots, hostID: configuration.hostID), shared: shared,
            savedTable: configuration.savedTable.map(SavedTable.init(path:)), logger: logger)
    }

    package func run() async throws {
        for (index, listener) in listeners.enumerated() { startLoop(index, listener) }
        logger.info(
            "router serves", metadata: ["router.listen": "\(listenAddress)", "router.loops": "\(listeners.count)"])
        let reaper = Task { await reapSlots() }
        let renewal = Task { await renewCertificates() }
        let accessLog = Task { await writeAccessLog() }
        let leases = Task { await leaseSlots() }
        let restoring = Task { await restoreInTime() }
        let freshness = Task { await drainWhenOutdated() }
        await withTaskCancellationOrGracefulShutdownHandler {
            // A cancellation does not cut this short: the loops end by themselves, within the drain's time.
            await shared.waitUntilEnded()
        } onCancelOrGracefulShutdown: {
            self.drain()
        }
        reaper.cancel()
        renewal.cancel()
        accessLog.cancel()
        leases.cancel()
        restoring.cancel()
        freshness.cancel()
        await leases.value
        await reaper.value
        await accessLog.value
        shared.slots.leave()
        logger.info("router has ended")
    }

    /// Looks for routers that have ended without leaving, and for requests that were broken off and have ended.
    private func reapSlots() async {
        while !Task.isCancelled {
            shared.slots.reap { shared.mailboxes[$0].slotIsFree() }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Shares replicas with other hosts, if there may be any.
    private func leaseSlots() async {
        guard let hostID = configuration.hostID, let token = configuration.hostToken else { return }
        await LeaseService(hostID: hostID, token: token, shared: shared, tables: tables, logger: logger).run()
    }

    /// Stops accepting, finishes the requests that are there, and then ends ``run()``. Again: without effect.
    package func drain() {
        guard drainState.begin() else { return }
        logger.info("router drains", metadata: ["drain.timeout_ms": "\(configuration.drainTimeoutMs)"])
        let deadline = MonotonicTime.now.after(milliseconds: configuration.drainTimeoutMs)
        for mailbox in shared.mailboxes { mailbox.drain(deadline: deadline) }
    }

    package var status: RouterStatus {
        RouterStatus(
            routerID: configuration.routerID, pid: getpid(), startedAt: Int64(startedAt.timeIntervalSince1970 * 1000),
            version: RouterVersion.current, generation: shared.servedGeneration,
            listenAddress: listenAddress.description,
            isDraining: drainState.isDraining)
    }

    private func startLoop(_ index: Int, _ listener: Int32) {
        let settings = configuration.loop
        let thread = Thread { [shared, logger, tls] in
            do {
                try Loop(index: index, boundSocket: listener, tls: tls, settings: settings, shared: shared).run()
            } catch {
                logger.error("a loop could not start", metadata: ["error": "\(error)"])
                // Connections must not go to a listener that nobody serves.
                close(listener)
                shared.loopEnded(index)
            }
        }
        thread.name = "loop-\(index)"
        thread.stackSize = 1 << 20
        thread.start()
    }
}

/// The version that `GET /status` tells.
package enum RouterVersion {
    package static let current = "0.1.0"
}
