import Synchronization

/// What one loop counts beside its deployments. Only that loop writes it; reports read it from other threads.
final class LoopCounters: Sendable {
    private let openConnections = Atomic<Int64>(0)
    private let acceptedConnections = Atomic<Int64>(0)
    private let unroutedAnswers = Atomic<Int64>(0)
    private let upstreamConnections = Atomic<Int64>(0)
    private let retries = Atomic<Int64>(0)
    private let failedHandshakes = Atomic<Int64>(0)
    private let mirrors = Atomic<Int64>(0)
    private let mirrorsDropped = Atomic<Int64>(0)

    enum Counter {
        case openConnections
        case acceptedConnections
        /// Answers given before a deployment was chosen.
        case unroutedAnswers
        /// Connections opened to replicas.
        case upstreamConnections
        /// Requests sent to a second replica.
        case retries
        /// Connections that came to no TLS session.
        case failedHandshakes
        /// Copies of requests that were started.
        case mirrors
        /// Copies given up for the length of the request, its early end, or lack of memory.
        case mirrorsDropped
    }

    /// There is one writer, so a load and a store are enough.
    func add(_ amount: Int64, to counter: Counter) {
        switch counter {
        case .openConnections: Self.add(amount, to: openConnections)
        case .acceptedConnections: Self.add(amount, to: acceptedConnections)
        case .unroutedAnswers: Self.add(amount, to: unroutedAnswers)
        case .upstreamConnections: Self.add(amount, to: upstreamConnections)
        case .retries: Self.add(amount, to: retries)
        case .failedHandshakes: Self.add(amount, to: failedHandshakes)
        case .mirrors: Self.add(amount, to: mirrors)
        case .mirrorsDropped: Self.add(amount, to: mirrorsDropped)
        }
    }

    func value(of counter: Counter) -> Int64 {
        switch counter {
        case .openConnections: openConnections.load(ordering: .relaxed)
        case .acceptedConnections: acceptedConnections.load(ordering: .relaxed)
        case .unroutedAnswers: unroutedAnswers.load(ordering: .relaxed)
        case .upstreamConnections: upstreamConnections.load(ordering: .relaxed)
        case .retries: retries.load(ordering: .relaxed)
        case .failedHandshakes: failedHandshakes.load(ordering: .relaxed)
        case .mirrors: mirrors.load(ordering: .relaxed)
        case .mirrorsDropped: mirrorsDropped.load(ordering: .relaxed)
        }
    }

    private static func add(_ amount: Int64, to counter: borrowing Atomic<Int64>) {
        counter.store(counter.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }
}
