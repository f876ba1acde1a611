import Compute
package import ControlPlane
import Foundation
import Hosting
package import Resources
import Synchronization

/// Simulated hosts beside the control plane's own, each with a link that loses responses, stalls and breaks as it is told.
///
/// They live on when the control plane dies, and find the next one.
package final class HostFleet: Sendable {
    private struct Member: Sendable {
        let backend: SimulatedBackend
        let link: UncertainLink
        let task: Task<Void, Never>
    }

    private let members: [Member]

    package init(count: Int, _ options: TestServerOptions, service: @escaping @Sendable () -> HostService?) {
        members = (0..<count).map { _ in
            let backend = SimulatedBackend(behavior: options.behavior)
            let link = UncertainLink(service)
            let host = ReplicaHost(
                connection: link, backend: backend,
                facts: HostFacts(backends: [backend.name], architecture: "x86_64"), settings: options.hosting,
                logger: options.logger)
            let task = Task { while !Task.isCancelled { await host.run() } }
            return Member(backend: backend, link: link, task: task)
        }
    }

    package var count: Int { members.count }
    var backends: [SimulatedBackend] { members.map(\.backend) }

    /// Lets calls of a host go wrong from now on, or none any more.
    package func setUncertain(_ isUncertain: Bool, seed: UInt64) {
        for (index, member) in members.enumerated() {
            member.link.setUncertain(isUncertain, seed: seed &* 31 &+ UInt64(index))
        }
    }

    /// Nothing passes between a host and the control plane for that time.
    package func partition(_ index: Int, for time: Duration) { members[index].link.partition(for: time) }

    func stop() async {
        for member in members { member.task.cancel() }
        for member in members { await member.task.value }
    }
}

/// A host's way to the control plane that lives at that moment.
private final class UncertainLink: HostConnection {
    private struct State {
        var random: SeededRandom?
        var partitionedUntil = ContinuousClock.now
    }

    private struct Broken: Error {}

    private let id = HostID()
    private let service: @Sendable () -> HostService?
    private let state = Mutex(State())

    /// One call in so many goes wrong.
    private static let rarity = 10

    init(_ service: @escaping @Sendable () -> HostService?) {
        self.service = service
    }

    func setUncertain(_ isUncertain: Bool, seed: UInt64) {
        state.withLock { $0.random = isUncertain ? SeededRandom(seed: seed) : nil }
    }

    func partition(for time: Duration) {
        state.withLock { $0.partitionedUntil = .now + time }
    }

    private var isPartitioned: Bool { state.withLock { ContinuousClock.now < $0.partitionedUntil } }

    private enum Fault: CaseIterable {
        case refused, responseLost, stalled
    }

    private func call<Response: Sendable>(
        _ body: @Sendable (LocalHostConnection) async throws -> Response
    ) async throws -> Response {
        guard !isPartitioned, let service = service() else { throw Broken() }
        let (fault, pause) = state.withLock { state -> (Fault?, Duration) in
            guard var random = state.random else { return (nil, .zero) }
            defer { state.random = random }
            guard Int.random(in: 0..<Self.rarity, using: &random) == 0 else { return (nil, .zero) }
            let pause = Duration.milliseconds(Int.random(in: 1...300, using: &random))
            return (Fault.allCases.randomElement(using: &random), pause)
        }
        if fault == .refused { throw Broken() }
        if fault == .stalled { try await Task.sleep(for: pause) }
        let response = try await body(LocalHostConnection(service, .remote(id, name: "\(id)")))
        guard fault != .responseLost, !isPartitioned else { throw Broken() }
        return response
    }

    func register(_ facts: HostFacts) async throws -> HostSession {
        try await call { try await $0.register(facts) }
    }

    func placements(
        _ session: HostSession, after revision: Int64, upTo limit: Duration
    ) async throws -> PlacementChanges {
        // In short pieces, for the control plane may be another one by then.
        try await call { try await $0.placements(session, after: revision, upTo: min(limit, .milliseconds(300))) }
    }

    func specifications(
        _ session: HostSession, of keys: Set<SpecificationKey>
    ) async throws -> [SpecificationKey: ReplicaSpecification] {
        try await call { try await $0.specifications(session, of: keys) }
    }

    func report(_ session: HostSession, _ report: HostReport) async throws {
        try await call { try await $0.report(session, report) }
    }

    func unplaced(_ session: HostSession, among ids: Set<ReplicaID>) async throws -> Set<ReplicaID> {
        try await call { try await $0.unplaced(session, among: ids) }
    }
}

/// The simulated replicas of all hosts together.
package struct SimulatedReplicas: Sendable {
    let backends: [SimulatedBackend]

    package var running: Set<ReplicaID> { Set(backends.flatMap(\.running)) }

    package var runningSpecifications: [ReplicaID: ReplicaSpecification] {
        backends.reduce(into: [:]) { $0.merge($1.runningSpecifications) { first, _ in first } }
    }

    package func crash(_ id: ReplicaID, status: Int32 = 137) {
        for backend in backends { backend.crash(id, status: status) }
    }

    package func setUnresponsive(_ id: ReplicaID, _ isUnresponsive: Bool) {
        for backend in backends { backend.setUnresponsive(id, isUnresponsive) }
    }
}
