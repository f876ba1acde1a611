import Compute
import Foundation
import Logging
import Resources

/// The machines of one epoch of a host, and the one loop that moves them.
///
/// Everything that happens arrives in its mailbox and is dealt with in turn: placements, timers, ends of actions and of calls.
/// So a machine has one owner and no lock.
struct HostLoop {
    /// What arrives.
    enum Message: Sendable {
        case placements(PlacementChanges)
        case specifications([SpecificationKey: ReplicaSpecification])
        /// Specifications were read, or it is time to try again.
        case specificationsRead
        case event(ReplicaKey, ReplicaMachine.Event)
        /// The backend says that something of a replica may have changed.
        case changed(ReplicaID)
        case timer
        /// A report was recorded, or it was not.
        case reported([ReplicaReport], succeeded: Bool)
        case heartbeat
        case sweepDue
        /// What nobody owns was removed, but for these.
        case swept(Set<ReplicaID>)
        /// Somebody else is this host now.
        case superseded
    }

    /// A class, for it is changed in place at each probe.
    private final class Entry {
        var machine: ReplicaMachine
        /// As the control plane knows it.
        var recorded: ReplicaReport
        /// Ends what is under way.
        var interrupt: AsyncStream<Void>.Continuation?

        init(_ placement: Placement, found: FoundReplica?, settings: HostSettings, at now: Duration) {
            machine = ReplicaMachine(placement, found: found, settings: settings, at: now)
            recorded = placement.reported
        }

        /// Whether the control plane is to be told. Whatever else a report holds changes with these.
        var isReportDue: Bool {
            machine.phase != recorded.phase || machine.life != recorded.life || machine.failures != recorded.failures
        }
    }

    private let session: HostSession
    private let connection: any HostConnection
    let backend: any ComputeBackend
    private let settings: HostSettings
    let logger: Logger
    let mailbox: AsyncStream<Message>.Continuation
    private let messages: AsyncStream<Message>

    private let start = ContinuousClock.now
    private let startDate = Date()
    private var entries: [ReplicaID: Entry] = [:]
    private var specifications: [SpecificationKey: ReplicaMachine.SharedSpecification] = [:]
    private var deadlines = DeadlineQueue()
    /// When the earliest timer that is set goes off.
    private var armed: Duration?
    /// Replicas whose report may differ from what is recorded.
    private var dirty: Set<ReplicaID> = []
    /// Replicas that wait for their specification.
    private var unspecified: Set<ReplicaID> = []
    private var sequence: Int64 = 0
    private var isReporting = false
    private var isReadingSpecifications = false
    private var isSweeping = false
    /// Replicas that are gone, and may have left something that nobody asks for.
    private var leftovers: Set<ReplicaID> = []
    /// Those that could not be asked about, until the next heartbeat.
    private var postponed: Set<ReplicaID> = []
    /// It is time to look at all that is there.
    private var isSweepDue = true

    /// Most replicas that one report tells of.
    private static let reportLimit = 500
    private static let specificationLimit = 200
    private static let placementWait = Duration.seconds(10)
    /// How often to look for what is left of replicas that are gone.
    private static let sweepInterval = Duration.seconds(60)
    /// Timers that are due within this time go off together.
    private static let grain = Duration.milliseconds(5)

    init(
        session: HostSession, found: [ReplicaID: FoundReplica], connection: any HostConnection,
        backend: any ComputeBackend, settings: HostSettings, logger: Logger
    ) {
        (self.session, self.connection, self.backend) = (session, connection, backend)
        (self.settings, self.logger) = (settings, logger)
        (messages, mailbox) = AsyncStream.makeStream(of: Message.self)
        for placement in session.placements.placements {
            entries[placement.id] = Entry(placement, found: found[placement.id], settings: settings, at: .zero)
        }
    }

    private var now: Duration { start.duration(to: .now) }

    /// Runs until the task is cancelled or the host is superseded.
    mutating func run(in group: inout DiscardingTaskGroup) async {
        startLoops(in: &group)
        for id in Array(entries.keys) { advance(id, in: &group) }
        settle(in: &group)
        for await message in messages {
            if case .superseded = message { break }
            take(message, in: &group)
            settle(in: &group)
        }
    }

    private func startLoops(in group: inout DiscardingTaskGroup) {
        let (mailbox, backend) = (mailbox, backend)
        group.addTask { await backend.watch { mailbox.yield(.changed($0)) } }
        group.addTask { [connection, session, settings, logger] in
            var revision = session.placements.revision
            while !Task.isCancelled {
                do {
                    let changes = try await connection.placements(session, after: revision, upTo: Self.placementWait)
                    revision = changes.revision
                    if !changes.placements.isEmpty { mailbox.yield(.placements(changes)) }
                } catch is HostRefusal {
                    mailbox.yield(.superseded)
                    return
                } catch {
                    guard !Task.isCancelled else { break }
                    logger.debug("placements could not be read, trying again", metadata: ["error": "\(error)"])
                    try? await Task.sleep(for: settings.retryPause)  // only cancellation throws, and the loop sees it
                }
            }
            mailbox.finish()
        }
        group.addTask { [settings] in
            var rest = Duration.zero
            while !Task.isCancelled {
                mailbox.yield(.heartbeat)
                try? await Task.sleep(for: settings.reportInterval)  // only cancellation throws, and the loop sees it
                rest += settings.reportInterval
                guard rest >= Self.sweepInterval else { continue }
                rest = .zero
                mailbox.yield(.sweepDue)
            }
        }
    }

    // MARK: Messages

    private mutating func take(_ message: Message, in group: inout DiscardingTaskGroup) {
        switch message {
        case .placements(let changes):
            for placement in changes.placements { place(placement, in: &group) }
        case .specifications(let read):
            for (key, value) in read { specifications[key] = ReplicaMachine.SharedSpecification(value) }
            for id in Array(unspecified) { advance(id, in: &group) }
        case .specificationsRead: isReadingSpecifications = false
        case .event(let key, let event):
            guard entries[key.id]?.machine.life == key.life else { return }
            handle(event, of: key.id, in: &group)
        case .changed(let id): handle(.changed, of: id, in: &group)
        case .timer:
            let now = now
            if let armed, armed <= now + Self.grain { self.armed = nil }
            for id in deadlines.take(until: now + Self.grain) { advance(id, in: &group) }
        case .reported(let replicas, let succeeded): noteReported(replicas, succeeded)
        case .heartbeat:
            leftovers.formUnion(postponed)
            postponed = []
            report(in: &group, isHeartbeat: true)
        case .sweepDue: isSweepDue = true
        case .swept(let rest):
            isSweeping = false
            postponed.formUnion(rest)
        case .superseded: break
        }
    }

    private mutating func place(_ placement: Placement, in group: inout DiscardingTaskGroup) {
        if entries[placement.id] == nil {
            entries[placement.id] = Entry(placement, found: nil, settings: settings, at: now)
            advance(placement.id, in: &group)
        } else {
            handle(.placed(placement), of: placement.id, in: &group)
        }
    }

    private mutating func handle(
        _ event: ReplicaMachine.Event, of id: ReplicaID, in group: inout DiscardingTaskGroup
    ) {
        guard let entry = entries[id] else { return }
        let before = entry.machine.phase
        entry.machine.handle(event, at: now)
        if entry.machine.phase != before {
            logger.debug(
                "replica moved",
                metadata: ["replica.id": "\(id)", "replica.phase": "\(entry.machine.phase.rawValue)"])
        }
        advance(id, in: &group)
    }

    /// Does what a machine wants done, and sets its timer.
    private mutating func advance(_ id: ReplicaID, in group: inout DiscardingTaskGroup) {
        guard let entry = entries[id] else { return }
        if entry.machine.needsSpecification, let known = specifications[entry.machine.specificationKey] {
            entry.machine.handle(.specified(known), at: now)
        }
        for action in entry.machine.next(at: now) { perform(action, of: entry, in: &group) }
        if entry.isReportDue { dirty.insert(id) }
        if entry.machine.needsSpecification {
            unspecified.insert(id)
        } else if !unspecified.isEmpty {
            unspecified.remove(id)
        }
        deadlines.set(id, to: entry.machine.deadline)
    }

    private mutating func perform(
        _ action: ReplicaMachine.Action, of entry: Entry, in group: inout DiscardingTaskGroup
    ) {
        if case .interrupt = action {
            entry.interrupt?.finish()
            entry.interrupt = nil
            return
        }
        let work = ReplicaWork(
            key: entry.machine.key, specification: entry.machine.specification, backend: backend, mailbox: mailbox)
        switch action {
        case .prepare, .start:
            let (interruption, interrupt) = AsyncStream.makeStream(of: Void.self)
            entry.interrupt = interrupt
            group.addTask { await work.perform(action, until: interruption) }
        default: group.addTask { await work.perform(action) }
        }
    }

    // MARK: Calls

    /// What follows from what has changed: timers, calls to the control plane.
    private mutating func settle(in group: inout DiscardingTaskGroup) {
        arm(in: &group)
        readSpecifications(in: &group)
        report(in: &group, isHeartbeat: false)
        sweep(in: &group)
    }

    private mutating func arm(in group: inout DiscardingTaskGroup) {
        guard let earliest = deadlines.earliest, armed.map({ earliest < $0 }) ?? true else { return }
        armed = earliest
        let pause = earliest - now
        group.addTask { [mailbox] in
            // Only cancellation throws; nobody listens then.
            if pause > .zero { try? await Task.sleep(for: pause) }
            mailbox.yield(.timer)
        }
    }

    private mutating func readSpecifications(in group: inout DiscardingTaskGroup) {
        guard !isReadingSpecifications, !unspecified.isEmpty else { return }
        var missing: Set<SpecificationKey> = []
        for id in unspecified {
            if let machine = entries[id]?.machine { missing.insert(machine.specificationKey) }
            if missing.count == Self.specificationLimit { break }
        }
        isReadingSpecifications = true
        group.addTask { [mailbox, connection, session, settings, logger, missing] in
            var isComplete = false
            do {
                let read = try await connection.specifications(session, of: missing)
                mailbox.yield(.specifications(read))
                isComplete = read.count == missing.count
            } catch is HostRefusal {
                mailbox.yield(.superseded)
            } catch {
                logger.debug("specifications could not be read, trying again", metadata: ["error": "\(error)"])
            }
            // Only cancellation throws; nobody listens then.
            if !isComplete { try? await Task.sleep(for: settings.retryPause) }
            mailbox.yield(.specificationsRead)
        }
    }

    /// One report at a time: what changes meanwhile is told by the next one.
    private mutating func report(in group: inout DiscardingTaskGroup, isHeartbeat: Bool) {
        guard !isReporting else { return }
        let reports = changed()
        guard isHeartbeat || !reports.isEmpty else { return }
        sequence += 1
        isReporting = true
        let report = HostReport(epoch: session.epoch, sequence: sequence, replicas: reports)
        group.addTask { [mailbox, connection, session, settings, logger] in
            do {
                try await connection.report(session, report)
                mailbox.yield(.reported(reports, succeeded: true))
            } catch is HostRefusal {
                mailbox.yield(.superseded)
            } catch {
                logger.debug("a report was not taken, trying again", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: settings.retryPause)  // only cancellation throws; nobody listens then
                mailbox.yield(.reported(reports, succeeded: false))
            }
        }
    }

    /// Replicas whose report differs from what is recorded.
    private mutating func changed() -> [ReplicaReport] {
        var reports: [ReplicaReport] = []
        for id in dirty {
            guard let entry = entries[id], entry.isReportDue else {
                dirty.remove(id)
                continue
            }
            reports.append(entry.machine.report { startDate.addingTimeInterval($0 / .seconds(1)) })
            if reports.count == Self.reportLimit { break }
        }
        return reports
    }

    private mutating func noteReported(_ reports: [ReplicaReport], _ succeeded: Bool) {
        isReporting = false
        guard succeeded else { return }
        for report in reports {
            if report.phase == .gone {
                entries[report.id] = nil
                deadlines.set(report.id, to: nil)
                unspecified.remove(report.id)
                leftovers.insert(report.id)
            } else {
                entries[report.id]?.recorded = report
            }
        }
        guard specifications.count > entries.count + Self.specificationLimit else { return }
        let used = Set(entries.values.map(\.machine.specificationKey))
        specifications = specifications.filter { used.contains($0.key) }
    }

    /// Ends and removes what the backend has of replicas that nobody owns.
    private mutating func sweep(in group: inout DiscardingTaskGroup) {
        guard !isSweeping, isSweepDue || !leftovers.isEmpty else { return }
        let sweep = HostSweep(
            session: session, connection: connection, backend: backend, settings: settings, logger: logger)
        let (gone, known) = (isSweepDue ? nil : leftovers, isSweepDue ? Set(entries.keys) : [])
        (isSweepDue, leftovers, isSweeping) = (false, [], true)
        group.addTask { [mailbox] in mailbox.yield(.swept(await sweep.run(gone, known: known))) }
    }
}
