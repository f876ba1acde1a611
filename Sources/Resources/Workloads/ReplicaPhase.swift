/// Where a replica stands, as its host reports it.
package enum ReplicaPhase: String, Sendable, Codable, CaseIterable {
    /// Nothing done yet in the life that is next. To: environment, stopping.
    case pending
    /// The environment is being built. To: artifacts, failed, stopping.
    case environment
    /// Code and model are being fetched. To: starting, failed, stopping.
    case artifacts
    /// The process is being started. To: probing, failed, stopping.
    case starting
    /// The process runs, readiness is not proven. To: ready, failed, stopping.
    case probing
    /// Answers; routers may send it requests. To: probing (readiness lost), failed, stopping.
    case ready
    /// This life is over; the next begins at its time. To: environment of the next life, stopping.
    case failed
    /// Being stopped for good. To: gone.
    case stopping
    /// Nothing of it runs. The end.
    case gone

    /// Position on the way to ready; operations wait for replicas to pass a phase.
    package var progress: Int {
        switch self {
        case .failed, .stopping, .gone: -1
        case .pending: 0
        case .environment: 1
        case .artifacts: 2
        case .starting: 3
        case .probing: 4
        case .ready: 5
        }
    }

    /// Whether a process may run in it.
    package var mayRun: Bool {
        switch self {
        case .starting, .probing, .ready, .stopping: true
        case .pending, .environment, .artifacts, .failed, .gone: false
        }
    }
}

/// What the leader wants of a replica; it only ever moves forward.
package enum ReplicaDesire: String, Sendable, Codable, CaseIterable {
    case run
    /// Out of routing; it runs on until the requests inside have ended.
    case drain
    /// Nothing is inside any more: it ends.
    case stop
}
