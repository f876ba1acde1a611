package import Resources

/// A thing that runs replicas: local processes, simulated ones, later containers and pods.
///
/// The host's `ReplicaHost` is the only caller. It may call again what it called before (after a restart, after a
/// lost response), so every function is idempotent for equal arguments:
///
/// ```swift
/// try await backend.prepare(specification) { phase in record(phase) }
/// let address = try await backend.start(key, specification)
/// while await backend.observe(key) == .running { await backend.probe(key, at: address, probe) }
/// await backend.stop(key.id, grace: .seconds(10))
/// ```
package protocol ComputeBackend: Sendable {
    /// Names it in rows and settings: `local`, `simulated`.
    var name: String { get }

    /// Refuses what this backend can never run, before anything is made. Throws `.unsupported` with the reason.
    func check(_ specification: ReplicaSpecification) throws(ComputeError)

    /// Builds the environment and fetches code and model; cached by content, built once even when asked concurrently.
    func prepare(
        _ specification: ReplicaSpecification, progress: @escaping @Sendable (PreparationPhase) -> Void
    ) async throws(ComputeError)

    /// Starts a life of a replica; returns when its process exists, not when it is ready. One that runs already is returned
    /// as it is; what is left of an earlier life is ended first.
    func start(_ key: ReplicaKey, _ specification: ReplicaSpecification) async throws(ComputeError) -> ReplicaAddress

    /// Whether that life still runs.
    func observe(_ key: ReplicaKey) async -> ReplicaObservation

    /// Tells of replicas whose process may have ended, until the task is cancelled. One caller at a time.
    func watch(_ onChange: @escaping @Sendable (ReplicaID) -> Void) async

    /// One probe of the model server, within the probe's timeout.
    func probe(_ key: ReplicaKey, at address: ReplicaAddress, _ probe: Probe) async -> ProbeResult

    /// Stop signal, up to `grace` for the whole process group to end, then kill. Returns when nothing of the replica runs,
    /// whichever life it is of.
    func stop(_ id: ReplicaID, grace: Duration) async

    /// Replicas that were started here, each with its last life. Found by their labels, not from memory.
    func list() async -> [ReplicaID: FoundReplica]

    /// Replicas of which there is anything here, be it that they run or what `discard` would remove.
    func remains() async -> Set<ReplicaID>

    /// The last `tail` lines of a replica's log; empty when there is none.
    func logs(of id: ReplicaID, _ container: LogContainer, tail: Int) async -> String

    /// What these replicas have used of their host; those that this backend can't tell of are left out.
    func usage(of ids: [ReplicaID]) async -> [ReplicaID: ReplicaUsage]

    /// Removes what a replica left behind (log, socket, working folder) once nobody will ask for it again.
    func discard(_ id: ReplicaID) async
}

extension ComputeBackend {
    package func usage(of ids: [ReplicaID]) async -> [ReplicaID: ReplicaUsage] { [:] }
}

/// A replica as a backend finds it again.
package struct FoundReplica: Sendable, Equatable {
    package var life: Int
    package var address: ReplicaAddress
    package var isRunning: Bool
}

/// The two parts of `prepare`, as they appear in an operation's timeline.
package enum PreparationPhase: String, Sendable, Codable {
    case environment
    case artifacts
}

/// What a replica uses of its host.
package struct ReplicaUsage: Sendable, Equatable {
    /// CPU time since the replica started, in microseconds, of its processes that live.
    package var cpuMicroseconds: Int64
    /// Memory that it holds now, in bytes; pages that processes share count for each of them.
    package var memoryBytes: Int64
}

package enum ReplicaObservation: Sendable, Equatable {
    case running
    /// `status` is the exit code, or 128 + the signal; nil when it ended while nobody watched. `cause` is there when it was
    /// ended for using more than it may, in words for the owner of its deployment.
    case exited(status: Int32?, cause: String? = nil)
}

package enum ProbeResult: Sendable, Equatable {
    case success
    case failure(reason: String)
}

/// The two logs that Azure's `getLogs` knows.
package enum LogContainer: String, Sendable {
    case inferenceServer = "InferenceServer"
    case storageInitializer = "StorageInitializer"
}
