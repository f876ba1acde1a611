package import Resources

/// A thing that runs replicas: local processes, simulated ones, later containers and pods.
///
/// The replica reconciler is the only caller. It may call again what it called before (after a restart, after a
/// lost response), so every function is idempotent for equal arguments:
///
/// ```swift
/// try await backend.prepare(specification) { phase in record(phase) }
/// let handle = try await backend.start(id, specification)
/// while await backend.observe(handle) == .running { await backend.probe(handle, .readiness, specification) }
/// await backend.stop(id, grace: .seconds(10))
/// ```
package protocol ComputeBackend: Sendable {
    /// Refuses what this backend can never run, before anything is made. Throws `.unsupported` with the reason.
    func check(_ specification: ReplicaSpecification) throws(ComputeError)

    /// Builds the environment and fetches code and model; cached by content, built once even when asked concurrently.
    func prepare(
        _ specification: ReplicaSpecification, progress: @escaping @Sendable (PreparationPhase) async -> Void
    ) async throws(ComputeError)

    /// Starts a replica; returns when its process exists, not when it is ready. One that runs already is answered as
    /// it is, one that has ended is started again.
    func start(_ id: ReplicaID, _ specification: ReplicaSpecification) async throws(ComputeError) -> ReplicaHandle

    /// Whether the replica still runs.
    func observe(_ handle: ReplicaHandle) async -> ReplicaObservation

    /// Returns when the replica no longer runs, with how it ended; early only when the task is cancelled.
    func waitForExit(_ handle: ReplicaHandle) async -> ReplicaObservation

    /// One probe of the model server.
    func probe(_ handle: ReplicaHandle, _ kind: ProbeKind, _ specification: ReplicaSpecification) async -> ProbeResult

    /// Stop signal, up to `grace` for the whole process group to end, then kill. Returns when nothing of the replica runs,
    /// whether or not its handle was ever recorded.
    func stop(_ id: ReplicaID, grace: Duration) async

    /// Replicas of which there is anything here, be it that they run or what `discard` would remove. Found by their labels,
    /// not from memory.
    func list() async -> Set<ReplicaID>

    /// The last `tail` lines of a replica's log; empty when there is none.
    func logs(of id: ReplicaID, _ container: LogContainer, tail: Int) async -> String

    /// What these replicas have used of their host; those that this backend can't tell of are left out.
    func usage(of handles: [ReplicaHandle]) async -> [ReplicaID: ReplicaUsage]

    /// Removes what a replica left behind (log, socket, working folder) once nobody will ask for it again.
    func discard(_ id: ReplicaID) async
}

extension ComputeBackend {
    package func usage(of handles: [ReplicaHandle]) async -> [ReplicaID: ReplicaUsage] { [:] }

    /// Looks four times a second: for backends that can't be told.
    package func waitForExit(_ handle: ReplicaHandle) async -> ReplicaObservation {
        while true {
            let observation = await observe(handle)
            guard observation == .running else { return observation }
            guard (try? await Task.sleep(for: .milliseconds(250))) != nil else { return observation }  // cancelled
        }
    }
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

package enum ProbeKind: Sendable {
    case liveness
    case readiness
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
