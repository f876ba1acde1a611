import Foundation
import Identity
package import Logging
import NIOCore
package import Postgres
import Resources
package import Routing
import ServiceLifecycle
import Store

/// Brings every live router to the routing table that is stored, again and again until all of them serve it.
///
/// Routers whose table this process knows get what has changed since; others get the whole table.
///
/// ```swift
/// try await publisher.publishAndWait()   // returns when each live router serves what was committed before the call
/// ```
/// A router that does not acknowledge within its deadline is taken out of the fleet, not waited for.
package actor RoutingPublisher: Service {
    private let database: Database
    private let control: RouterControlClient
    private let builder: RouteBuilder
    private let tokenKeys: [RoutingTable.TokenKey]
    private let hub: SignalHub
    private let logger: Logger

    private var requested: UInt64 = 0
    private var waiters: [UUID: (round: UInt64, continuation: CheckedContinuation<Void, Never>)] = [:]
    private var lastFailure: (any Error)?
    private var hasStopped = false
    private var table = PublishedTable()
    /// Up to where the feed of changes is in the table; nil before the first.
    private var position: FeedPosition?

    /// How long a router may take to serve a table.
    private static let acknowledgementDeadline = Duration.seconds(2)
    /// How often the table is compared without a signal.
    private static let lookInterval = Duration.seconds(1)
    /// Signals within this time make one table.
    private static let gathering = Duration.milliseconds(1)

    package init(
        database: Database, control: RouterControlClient, address: ScoringAddress, tokenIssuer: String,
        tokenKeys: [RoutingTable.TokenKey], hub: SignalHub, logger: Logger
    ) {
        (self.database, self.control, self.tokenKeys) = (database, control, tokenKeys)
        (self.hub, self.logger) = (hub, logger)
        builder = RouteBuilder(address: address, tokenIssuer: tokenIssuer)
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown { await self.publishLoop() }
    }

    /// Returns when every live router serves all that was committed before the call.
    package func publishAndWait() async throws {
        guard !hasStopped else { throw CancellationError() }
        requested += 1
        let round = requested
        hub.raiseHere([.routing])
        let id = UUID()
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiters[id] = (round, $0) }
        } onCancel: {
            Task { await self.stopWaiting(id) }  // a cancellation handler is synchronous
        }
        try Task.checkCancellation()
        if let lastFailure { throw lastFailure }
    }

    private func publishLoop() async {
        while !Task.isCancelled {
            let seen = hub.count(of: .routing)
            let round = requested
            do {
                try await publish()
                lastFailure = nil
            } catch {
                lastFailure = error
                if !Task.isCancelled {
                    logger.warning("publishing the routing table failed", metadata: ["error": "\(error)"])
                }
            }
            resumeWaiters(upTo: round)
            guard requested == round else { continue }
            _ = await hub.wait(for: .routing, after: seen, upTo: Self.lookInterval)
            try? await Task.sleep(for: Self.gathering)  // only cancellation throws, and the loop sees it
        }
        hasStopped = true
        lastFailure = CancellationError()
        resumeWaiters(upTo: .max)
    }

    private func resumeWaiters(upTo round: UInt64) {
        for (id, waiter) in waiters where waiter.round <= round {
            waiters[id] = nil
            waiter.continuation.resume()
        }
    }

    private func stopWaiting(_ id: UUID) {
        waiters.removeValue(forKey: id)?.continuation.resume()
    }

    // MARK: One round

    private func publish() async throws {
        try await refresh()
        let table = table
        let behind = try await RouterStore(database).list().filter {
            $0.state == .live && $0.acknowledgedGeneration < table.generation
        }
        guard !behind.isEmpty else { return }
        // Most routers stand at the same table: what they get is encoded once.
        var changes: [Int64: ByteBuffer] = [:]
        for base in Set(behind.map(\.acknowledgedGeneration)) {
            changes[base] = try table.changes(since: base, tokenKeys).map { ByteBuffer(bytes: $0) }
        }
        let acknowledged = await withTaskGroup(of: UUID?.self) { [changes] group in
            for router in behind {
                group.addTask { await self.push(changes[router.acknowledgedGeneration], table, to: router) }
            }
            var ids: [UUID] = []
            for await id in group { if let id { ids.append(id) } }
            return ids
        }
        try await RouterStore(database).acknowledge(ids: acknowledged, generation: table.generation)
    }

    /// The id of the router when it serves the table; an unresponsive one is removed from the fleet.
    private nonisolated func push(
        _ changes: ByteBuffer?, _ table: PublishedTable, to router: RouterRow
    ) async -> UUID? {
        do {
            let served = try await push(changes, table, to: router.controlAddress)
            if served > table.generation, try await catchUp(with: served) { return nil }
            return router.id
        } catch {
            guard !Task.isCancelled else { return nil }
            logger.warning(
                "a router did not take the table and is removed from the fleet",
                metadata: ["router.id": "\(router.id)", "error": "\(error)"])
            do {
                try await RouterStore(database).setState(id: router.id, .removed)
                hub.raise(.fleet)
            } catch {
                logger.warning(
                    "removing a router failed", metadata: ["router.id": "\(router.id)", "error": "\(error)"])
            }
            return nil
        }
    }

    /// Pushes the changes if there are some and the router takes them, else the whole table.
    private nonisolated func push(
        _ changes: ByteBuffer?, _ table: PublishedTable, to address: String
    ) async throws -> Int64 {
        if let changes,
            let served = try await control.push(
                changes: changes, to: address, timeout: Self.acknowledgementDeadline)
        {
            return served
        }
        let whole = ByteBuffer(bytes: try table.whole(tokenKeys))
        return try await control.push(whole, to: address, timeout: Self.acknowledgementDeadline)
    }

    /// A router serves a newer table: another process published it, or the database is older than the fleet. Then tables
    /// are numbered above what the routers have, and published again.
    private nonisolated func catchUp(with generation: Int64) async throws -> Bool {
        let isBehind = try await database.transaction { transaction in
            let store = RoutingStore(transaction)
            try await store.lock()
            return try await store.advance(beyond: generation)
        }
        guard isBehind else { return false }
        await forgetNumber()
        logger.warning("routers serve tables that the database does not know; numbering goes on above them")
        hub.raise(.routing)
        return true
    }

    private func forgetNumber() { position = nil }

    /// Pushes the newest table to one router that has just come; returns what it serves.
    func bringUpToDate(controlAddress: String) async throws -> Int64 {
        try await refresh()
        let table = table
        let served = try await push(nil, table, to: controlAddress)
        guard served > table.generation, try await catchUp(with: served) else { return served }
        return try await bringUpToDate(controlAddress: controlAddress)
    }

    /// Reads what has changed; a table with new content gets a new number.
    private func refresh() async throws {
        guard try await isOutdated() else { return }
        let (known, tokenKeys, builder) = (table, tokenKeys, builder)
        let start = position
        let (fresh, position) = try await database.transaction { transaction in
            let store = RoutingStore(transaction)
            try await store.lock()
            var table = known
            let (position, changes) = try await ChangeFeedStore(transaction).changes(since: start)
            let changed = changes.map { Set($0.map(\.endpointID)) }
            let routed = try await store.load(changed)
            let ids = changed ?? table.endpoints.union(routed.map(\.id))
            for id in ids.subtracting(routed.map(\.id)) { table.set(id, to: nil) }
            for endpoint in routed {
                table.set(endpoint.id, to: try RoutingTable.encodedRoute(builder.route(endpoint)))
            }
            let digest = table.digest(tokenKeys)
            if let newest = try await store.newest(), newest.digest == digest {
                table.number(newest.generation)
            } else {
                table.number(try await store.append(digest: digest, routeCount: table.routeCount))
            }
            return (table, position)
        }
        // Of two calls at once, the later reader has all that the earlier one has.
        guard fresh.generation >= table.generation || self.position == nil else { return }
        (table, self.position) = (fresh, position)
    }

    /// Whether anything was written since the table was read: one look at an index.
    private func isOutdated() async throws -> Bool {
        guard var next = position else { return true }
        guard let changes = try await ChangeFeedStore(database).read(&next), changes.isEmpty else { return true }
        position = next
        return false
    }
}
