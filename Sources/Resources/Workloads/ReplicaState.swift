/// Lifecycle of a replica, as its row has it.
package enum ReplicaState: String, Sendable, Codable, CaseIterable {
    /// Wanted, nothing done yet. To: environment, failed, draining.
    case pending
    /// The backend builds the environment. To: artifacts, failed, draining.
    case environment
    /// The backend fetches code and model. To: starting, failed, draining.
    case artifacts
    /// The process is being started. To: probing, failed, draining.
    case starting
    /// The process runs, readiness is not yet proven. To: ready, failed, draining.
    case probing
    /// In the routing table. To: failed, probing (readiness lost), draining.
    case ready
    /// Broken; out of routing; tried again at its time. To: pending, draining.
    case failed
    /// Out of routing, requests inside end; then it is stopped and its row goes. Leads nowhere else.
    case draining

    package enum Event: Sendable, CaseIterable {
        case environmentBegan
        case artifactsBegan
        case startBegan
        case processStarted
        case becameReady
        case readinessLost
        case broke
        case retryDue
        case noLongerWanted
    }

    /// The state after an event; nil where the event is illegal.
    package func next(on event: Event) -> ReplicaState? {
        switch (self, event) {
        case (.draining, _): nil
        case (_, .noLongerWanted): .draining
        case (.pending, .environmentBegan): .environment
        case (.environment, .artifactsBegan): .artifacts
        case (.artifacts, .startBegan): .starting
        case (.starting, .processStarted): .probing
        case (.probing, .becameReady): .ready
        case (.ready, .readinessLost): .probing
        case (.failed, .retryDue): .pending
        case (.failed, _): nil
        case (_, .broke): .failed
        default: nil
        }
    }

    /// Position on the way to ready; operations wait for replicas to pass a phase.
    package var progress: Int {
        switch self {
        case .failed, .draining: -1
        case .pending: 0
        case .environment: 1
        case .artifacts: 2
        case .starting: 3
        case .probing: 4
        case .ready: 5
        }
    }
}
