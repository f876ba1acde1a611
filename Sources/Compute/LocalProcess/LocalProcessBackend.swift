import Foundation
import Glibc
package import Logging
package import Resources
import Synchronization

/// Runs replicas as processes of this host: Azure ML's own inference server in a Python environment built here.
///
/// A replica is a session of its own that outlives the process that started it; its folder under the data directory holds all
/// that is needed to recognise it again. Several control planes of one host may share a data directory.
package struct LocalProcessBackend: ComputeBackend {
    let configuration: LocalProcessConfiguration
    let logger: Logger
    let environments: EnvironmentBuilder
    let artifacts: ArtifactCache
    let isolation: IsolationProbe
    let exits = ExitRecord()
    let starts = SingleFlight()
    private let health = HealthProbe()
    let controlGroup: ControlGroup?
    let limits = LimitWatch()
    let processes = ProcessWatch()
    package let name = "local"

    /// `fetch` brings artifacts from the store to this host; see `ArtifactFetch` for what it must do.
    package init(
        configuration: LocalProcessConfiguration, logger: Logger, fetch: @escaping ArtifactFetch
    ) {
        (self.configuration, self.logger) = (configuration, logger)
        isolation = IsolationProbe(configuration: configuration)
        environments = EnvironmentBuilder(configuration: configuration, isolation: isolation, logger: logger)
        artifacts = ArtifactCache(configuration: configuration, fetch: fetch)
        controlGroup = configuration.controlGroup.flatMap { ControlGroup(root: $0) }
        if configuration.controlGroup != nil, controlGroup == nil {
            logger.info(
                "no writable cgroup v2 here; replicas run without CPU limits, and their memory is looked at by intervals"
            )
        }
    }

    /// How replicas are confined on this host, found out at the first call.
    package func findIsolation() async throws(ComputeError) -> IsolationFinding {
        try await isolation.look()
    }

    package func check(_ specification: ReplicaSpecification) throws(ComputeError) {
        if let finding = isolation.finding {
            guard let mode = finding.mode else { throw IsolationProbe.refusal(finding) }
            if mode != .namespaces, specification.confinement.network == .none {
                throw ComputeError(
                    .unsupported, "a replica without a network needs namespaces, which this host refuses")
            }
        }
        try ScoringServer.check(specification.environmentVariables)
        let environment = specification.environment
        if let image = environment.image, !LocalProcessBackend.isServedHere(image) {
            throw ComputeError(
                .unsupported,
                "image \(image) needs a container backend (Docker or Kubernetes); the local process backend runs "
                    + "Azure ML base images (mcr.microsoft.com/azureml/…) with a conda file")
        }
        if environment.image == nil, environment.condaFile == nil {
            throw ComputeError(.unsupported, "environment \(environment.label) has neither an image nor a conda file")
        }
        if environment.condaFile == nil, let image = environment.image, PrebuiltImage(image) == nil {
            throw ComputeError(
                .unsupported,
                "the packages of the image \(image) are not known here; give the environment a conda file that lists "
                    + "those that the scoring script needs")
        }
        try ExtraPackages(specification.environmentVariables).check()
        if let model = specification.model { try check(model) }
        if specification.isServedByMLflow { return }
        guard let code = specification.code else {
            throw ComputeError(
                .unsupported, "without a scoring script (codeConfiguration) only MLflow models are served")
        }
        let components = code.scoringScript.split(separator: "/", omittingEmptySubsequences: false)
        if components.contains("..") || components.contains("") {
            throw ComputeError(
                .unsupported, "the scoring script \"\(code.scoringScript)\" must be a path inside the code folder")
        }
    }

    private func check(_ model: ModelSpecification) throws(ComputeError) {
        if model.kind == .triton {
            throw ComputeError(.unsupported, "Triton models need a container backend (Docker or Kubernetes)")
        }
        // Both become names of folders.
        for name in [model.name, model.version] where name.isEmpty || name.hasPrefix(".") || name.contains("/") {
            throw ComputeError(.unsupported, "\"\(name)\" can't be the name or version of a model")
        }
    }

    package func prepare(
        _ specification: ReplicaSpecification, progress: @escaping @Sendable (PreparationPhase) -> Void
    ) async throws(ComputeError) {
        _ = try await isolation.mode()
        try check(specification)
        progress(.environment)
        var log = StorageLog()
        let recipe = try await prepareEnvironment(specification, &log)
        progress(.artifacts)
        let uses = try await prepareArtifacts(specification, &log)
        try makeFolder(configuration.preparations)
        let file = StorageLog.file(of: specification, in: configuration)
        try writeFile(Data(log.appended(to: file).utf8), file)
        await trimCaches(keeping: ReplicaFolder.Uses(environment: recipe.key, artifacts: uses))
    }

    package func start(
        _ key: ReplicaKey, _ specification: ReplicaSpecification
    ) async throws(ComputeError) -> ReplicaAddress {
        _ = try await isolation.mode()
        try check(specification)
        let folder = ReplicaFolder(key.id, in: configuration)
        // A second call while the first still works would make the folder anew under its feet.
        try await starts.run(key.description) { () async throws(ComputeError) in
            // The same in another process on this data directory, as one that does not know yet that it is the host no
            // longer.
            let lock = try await startLock(key.id)
            if folder.life != key.life {
                await end(folder, grace: .zero)
            } else if folder.handle?.process.isAlive == true {
                return
            }
            folder.forgetExit()
            try folder.write(life: key.life)
            try await launch(specification, in: folder)
            _ = consume lock
        }
        guard let handle = folder.handle, folder.life == key.life else {
            throw ComputeError(.exhausted, "replica \(key) vanished while it started")
        }
        processes.add(key.id, handle.process)
        return handle.replicaAddress
    }

    package func observe(_ key: ReplicaKey) async -> ReplicaObservation {
        let folder = ReplicaFolder(key.id, in: configuration)
        guard folder.life == key.life, let handle = folder.handle else { return .exited(status: nil) }
        if handle.process.isAlive {
            await keepWithinLimits(handle.process, in: folder)
            if handle.process.isAlive { return .running }
        }
        processes.remove(key.id)
        let status = exits.status(of: handle.process, in: folder)
        return .exited(status: status, cause: endCause(of: key.id, in: folder))
    }

    package func watch(_ onChange: @escaping @Sendable (ReplicaID) -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await processes.run(onChange) }
            group.addTask { await watchLimits(onChange) }
            await group.next()
            group.cancelAll()
        }
    }

    package func probe(_ key: ReplicaKey, at address: ReplicaAddress, _ probe: Probe) async -> ProbeResult {
        // Every replica is probed for as long as it lives, so its log is kept in bounds here.
        ReplicaFolder(key.id, in: configuration).serverLog.rotate(limit: configuration.logLimitBytes)
        return await health.probe(address.address, timeout: .milliseconds(probe.timeoutMs))
    }

    package func stop(_ id: ReplicaID, grace: Duration) async {
        // Without the lock a start that is under way can't be seen; its caller looks again.
        let lock = try? await startLock(id)
        await end(ReplicaFolder(id, in: configuration), grace: grace)
        _ = consume lock
    }

    /// Ends everything of a replica that runs.
    private func end(_ folder: ReplicaFolder, grace: Duration) async {
        processes.remove(folder.id)
        for process in folder.processes {
            let status = await ChildProcess.terminate(process, steps: [TeardownStep(SIGTERM, wait: grace)])
            if let status { exits.record(status, of: process, in: folder) }
        }
        controlGroup?.remove(name: folder.id.description)
        removeSockets(folder)
    }

    /// Replicas that are ended at the same time.
    private static let endsAtOnce = 32

    /// Leaders of the replicas that run below a data directory.
    package static func runningProcesses(in configuration: LocalProcessConfiguration) -> [ProcessIdentity] {
        ReplicaFolder.all(in: configuration).flatMap(\.processes).filter(\.isAlive)
    }

    /// Ends all replicas below a data directory, without a backend; returns how many ran.
    package static func stopAll(in configuration: LocalProcessConfiguration, grace: Duration) async -> Int {
        var rest = runningProcesses(in: configuration)[...]
        let count = rest.count
        await withTaskGroup(of: Void.self) { group in
            func endNext() {
                guard let process = rest.popFirst() else { return }
                group.addTask { await ChildProcess.terminate(process, steps: [TeardownStep(SIGTERM, wait: grace)]) }
            }
            for _ in 0..<endsAtOnce { endNext() }
            while await group.next() != nil { endNext() }
        }
        return count
    }

    package func list() async -> [ReplicaID: FoundReplica] {
        var found: [ReplicaID: FoundReplica] = [:]
        for folder in ReplicaFolder.all(in: configuration) {
            guard let handle = folder.handle else { continue }
            let isRunning = handle.process.isAlive
            if isRunning { processes.add(folder.id, handle.process) }
            found[folder.id] = FoundReplica(life: folder.life, address: handle.replicaAddress, isRunning: isRunning)
        }
        return found
    }

    package func remains() async -> Set<ReplicaID> {
        Set(ReplicaFolder.all(in: configuration).map(\.id))
    }

    package func logs(of id: ReplicaID, _ container: LogContainer, tail: Int) async -> String {
        let folder = ReplicaFolder(id, in: configuration)
        switch container {
        case .inferenceServer: return folder.serverLog.tail(tail)
        case .storageInitializer: return LogFile(url: folder.storageLog).tail(tail)
        }
    }

    package func discard(_ id: ReplicaID) async {
        let folder = ReplicaFolder(id, in: configuration)
        if let process = folder.handle?.process { exits.forget(process) }
        limits.forget(id.description)
        removeSockets(folder)
        try? FileManager.default.removeItem(at: startLockFile(id))
        await folder.remove()
    }

    /// Azure ML's base images bring Python and the inference server, which this host has as well.
    static func isServedHere(_ image: String) -> Bool {
        image.lowercased().hasPrefix("mcr.microsoft.com/azureml/")
    }

    /// Starts the process and writes its handle down.
    private func launch(_ specification: ReplicaSpecification, in folder: ReplicaFolder) async throws(ComputeError) {
        let socketFile = socketFile(ReplicaKey(folder.id, life: folder.life))
        let address = "unix:" + socketFile.path(percentEncoded: false)
        if let process = folder.unrecordedProcess {
            return try folder.write(ReplicaHandle(folder.id, process, address: address))
        }
        let recipe = try await materialise(specification, in: folder)
        if let code = specification.code {
            try await folder.make(code: artifacts.folder(of: code))
        } else {
            try await folder.make(script: Data(PackageResources.mlflow_score_py), named: ScoringServer.mlflowScript)
        }
        try folder.write(DataCollection(specification.dataCollections))
        let sandbox = try await sandbox(for: specification, in: folder, recipe)
        try makeFolder(configuration.socketDirectory)
        let socket = try ListeningSocket.listen(at: socketFile)
        let server = ScoringServer(
            specification: specification, environment: environments.folder(of: recipe),
            modelFolder: specification.model.map { artifacts.folder(of: $0) }, folder: folder,
            workerLimit: configuration.workerLimit)
        let process: ProcessIdentity
        do {
            let variables = try MemoryFile.holding(server.environmentData)
            process = try ChildProcess.spawn(
                server.launch(socket: socket.descriptor, variables: variables.descriptor, in: sandbox))
            _ = consume variables
        } catch {
            throw ComputeError(error.isExhaustion ? .exhausted : .startFailed, error.description)
        }
        try folder.write(ReplicaHandle(folder.id, process, address: address))
    }

    /// Each life has its own: routers that still send requests to the last one shall not reach the next.
    private func socketFile(_ key: ReplicaKey) -> URL {
        configuration.socketDirectory.appending(path: "\(key).sock")
    }

    /// Sockets are ours, for servers only inherit them. They may be gone already.
    private func removeSockets(_ folder: ReplicaFolder) {
        try? FileManager.default.removeItem(at: socketFile(ReplicaKey(folder.id, life: folder.life)))
        guard let address = folder.handle?.address, address.hasPrefix("unix:") else { return }
        try? FileManager.default.removeItem(atPath: String(address.dropFirst(5)))
    }

    /// Beside the replica's folder, which may not be there yet.
    private func startLockFile(_ id: ReplicaID) -> URL {
        configuration.replicas.appending(path: "\(id).lock")
    }

    private func startLock(_ id: ReplicaID) async throws(ComputeError) -> FileLock {
        try makeFolder(configuration.replicas)
        return try await FileLock.acquire(startLockFile(id))
    }
}
