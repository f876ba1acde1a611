import Foundation
import Identity
package import Logging
import NIOCore
package import Postgres
import Resources
package import Routing
import ServiceLifecycle
import Store

/// Gives every live router the whole routing table, again and again until all of them serve what is stored.
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
    /// Encoded route lines by endpoint, with the fingerprint that they were made from.
    private var lines: [UUID: (fingerprint: String, line: Data)] = [:]

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
        self.database = database
        self.control = control
        self.tokenKeys = tokenKeys
        self.hub = hub
        self.logger = logger
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
        let (generation, table) = try await currentTable()
        let behind = try await RouterStore(database).list().filter {
            $0.state == .live && $0.acknowledgedGeneration < generation
        }
        guard !behind.isEmpty else { return }
        let buffer = ByteBuffer(bytes: table)
        let acknowledged = await withTaskGroup(of: UUID?.self) { group in
            for router in behind { group.addTask { await self.push(buffer, generation, to: router) } }
            var ids: [UUID] = []
            for await id in group { if let id { ids.append(id) } }
            return ids
        }
        try await RouterStore(database).acknowledge(ids: acknowledged, generation: generation)
    }

    /// The id of the router when it serves the table; a silent one is removed from the fleet.
    private nonisolated func push(
        _ table: ByteBuffer, _ generation: Int64, to router: RouterRow
    ) async -> UUID? {
        do {
            let served = try await control.push(
                table, to: router.controlAddress, timeout: Self.acknowledgementDeadline)
            if served > generation, try await catchUp(with: served) { return nil }
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

    /// A router serves a newer table: another process published it, or the database is older than the fleet. Then tables
    /// are numbered above what the routers have, and published again.
    private nonisolated func catchUp(with generation: Int64) async throws -> Bool {
        let isBehind = try await database.transaction { transaction in
            let store = RoutingStore(transaction)
            try await store.lock()
            return try await store.advance(beyond: generation)
        }
        guard isBehind else { return false }
        logger.warning("routers serve tables that the database does not know; numbering goes on above them")
        hub.raise(.routing)
        return true
    }

    /// Pushes the newest table to one router that has just come; answers what it serves.
    func bringUpToDate(controlAddress: String) async throws -> Int64 {
        let (generation, table) = try await currentTable()
        let served = try await control.push(
            ByteBuffer(bytes: table), to: controlAddress, timeout: Self.acknowledgementDeadline)
        guard served > generation, try await catchUp(with: served) else { return served }
        return try await bringUpToDate(controlAddress: controlAddress)
    }

    /// Number and bytes of the table that is stored now; a table with new content gets a new number.
    private func currentTable() async throws -> (generation: Int64, table: Data) {
        let known = lines.mapValues(\.fingerprint)
        let (generation, fresh, ids) = try await database.transaction {
            [known, tokenKeys, builder, lines] transaction in
            let store = RoutingStore(transaction)
            try await store.lock()
            let fingerprints = try await store.fingerprints()
            let changed = fingerprints.filter { known[$0.key] != $0.value }.map(\.key)
            var fresh: [UUID: (fingerprint: String, line: Data)] = [:]
            let loaded = try await store.load(changed)
            // What changed between the two reads is read again in the next round: its line has no fingerprint to trust.
            let after = loaded.isEmpty ? fingerprints : try await store.fingerprints()
            for endpoint in loaded {
                let fingerprint = fingerprints[endpoint.id]
                let line = try RoutingTable.encodedRoute(builder.route(endpoint))
                fresh[endpoint.id] = (fingerprint == after[endpoint.id] ? fingerprint ?? "" : "", line)
            }
            let ids = fingerprints.keys.sorted()
            let digest = try Self.digest(ids.compactMap { fresh[$0]?.line ?? lines[$0]?.line }, tokenKeys)
            if let newest = try await store.newest(), newest.digest == digest { return (newest.generation, fresh, ids) }
            return (try await store.append(digest: digest, routeCount: ids.count), fresh, ids)
        }
        lines.merge(fresh) { $1 }
        let present = Set(ids)
        lines = lines.filter { present.contains($0.key) }
        let header = RoutingTable.Header(generation: generation, routeCount: ids.count, tokenKeys: tokenKeys)
        var table = try RoutingTable.encodedHeader(header)
        for id in ids { if let line = lines[id]?.line { table.append(line) } }
        return (generation, table)
    }

    private static func digest(_ lines: [Data], _ keys: [RoutingTable.TokenKey]) throws -> String {
        var text = Data(keys.map(\.keyID).joined(separator: ",").utf8)
        for line in lines { text.append(line) }
        return Digests.hex(Digests.sha256(text))
    }
}
