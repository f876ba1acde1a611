/// Everything a compute backend needs to start one replica of a deployment: resolved, with no reference left to look up.
///
/// A specification belongs to one generation of a deployment and never changes; the replicas of a generation share it.
package struct ReplicaSpecification: Sendable, Hashable, Codable {
    package var endpoint: String
    package var deployment: String
    /// Generation of the deployment that this was resolved from.
    package var generation: Int64
    package var environment: EnvironmentSpecification
    /// Nil for no-code models.
    package var code: CodeSpecification?
    package var model: ModelSpecification?
    /// The deployment's own variables, handed to the model server as they are.
    package var environmentVariables: [String: String]
    package var instanceType: String
    package var resources: ResourceLimits
    package var livenessProbe: Probe
    package var readinessProbe: Probe
    /// Most requests inside the replica at once, as the deployment's request settings say.
    package var maxConcurrentRequests: Int
    /// Longest time one request may take, in milliseconds.
    package var requestTimeoutMs: Int
    /// Names of the collections that the scoring script may fill, each with its sampling rate from 0 to 1.
    package var dataCollections: [String: Double]
    /// What the replica is allowed beside that.
    package var confinement: Confinement

    package func probe(_ kind: ProbeKind) -> Probe {
        switch kind {
        case .liveness: livenessProbe
        case .readiness: readinessProbe
        }
    }

    /// Without `confinement`, that of the resources.
    package init(
        endpoint: String, deployment: String, generation: Int64, environment: EnvironmentSpecification,
        code: CodeSpecification?, model: ModelSpecification?, environmentVariables: [String: String],
        instanceType: String, resources: ResourceLimits, livenessProbe: Probe, readinessProbe: Probe,
        maxConcurrentRequests: Int, requestTimeoutMs: Int, dataCollections: [String: Double] = [:],
        confinement: Confinement? = nil
    ) {
        (self.endpoint, self.deployment, self.generation) = (endpoint, deployment, generation)
        (self.environment, self.code, self.model) = (environment, code, model)
        (self.environmentVariables, self.instanceType) = (environmentVariables, instanceType)
        (self.resources, self.livenessProbe) = (resources, livenessProbe)
        (self.readinessProbe, self.maxConcurrentRequests) = (readinessProbe, maxConcurrentRequests)
        (self.requestTimeoutMs, self.dataCollections) = (requestTimeoutMs, dataCollections)
        self.confinement = confinement ?? Confinement(resources)
    }

    /// One that was stored before there was a `confinement` has that of its resources, and one from before there were
    /// collections has none.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            endpoint: try values.decode(String.self, forKey: .endpoint),
            deployment: try values.decode(String.self, forKey: .deployment),
            generation: try values.decode(Int64.self, forKey: .generation),
            environment: try values.decode(EnvironmentSpecification.self, forKey: .environment),
            code: try values.decodeIfPresent(CodeSpecification.self, forKey: .code),
            model: try values.decodeIfPresent(ModelSpecification.self, forKey: .model),
            environmentVariables: try values.decode([String: String].self, forKey: .environmentVariables),
            instanceType: try values.decode(String.self, forKey: .instanceType),
            resources: try values.decode(ResourceLimits.self, forKey: .resources),
            livenessProbe: try values.decode(Probe.self, forKey: .livenessProbe),
            readinessProbe: try values.decode(Probe.self, forKey: .readinessProbe),
            maxConcurrentRequests: try values.decode(Int.self, forKey: .maxConcurrentRequests),
            requestTimeoutMs: try values.decode(Int.self, forKey: .requestTimeoutMs),
            dataCollections: try values.decodeIfPresent([String: Double].self, forKey: .dataCollections) ?? [:],
            confinement: try values.decodeIfPresent(Confinement.self, forKey: .confinement))
    }
}

/// What a replica runs in, from an environment version.
package struct EnvironmentSpecification: Sendable, Hashable, Codable {
    /// `name:version` of the environment, for messages.
    package var label: String
    /// Container image, if the environment names one.
    package var image: String?
    /// Text of the conda file (YAML), if there is one.
    package var condaFile: String?

    package init(label: String, image: String?, condaFile: String?) {
        (self.label, self.image, self.condaFile) = (label, image, condaFile)
    }
}

/// A place in the artifact store: a container, and a file or folder in it.
package struct ArtifactReference: Sendable, Hashable, Codable {
    package var container: String
    /// Name of a blob, or of a folder without a trailing slash; empty for the whole container.
    package var path: String

    package init(container: String, path: String) {
        (self.container, self.path) = (container, path)
    }
}

/// The scoring script and the folder it lies in.
package struct CodeSpecification: Sendable, Hashable, Codable {
    package var artifact: ArtifactReference
    /// Path of the script inside the folder, such as `score.py`.
    package var scoringScript: String

    package init(artifact: ArtifactReference, scoringScript: String) {
        (self.artifact, self.scoringScript) = (artifact, scoringScript)
    }
}

/// A model's files: a single file lies directly in `AZUREML_MODEL_DIR`, a folder keeps its name there.
package struct ModelSpecification: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case custom = "custom_model"
        case mlflow = "mlflow_model"
        case triton = "triton_model"
    }

    package var name: String
    package var version: String
    package var kind: Kind
    package var artifact: ArtifactReference

    package init(name: String, version: String, kind: Kind, artifact: ArtifactReference) {
        (self.name, self.version, self.kind, self.artifact) = (name, version, kind, artifact)
    }
}

/// What a replica may use of its host.
package struct ResourceLimits: Sendable, Hashable, Codable {
    /// 0 leaves it unlimited.
    package var cpu: Millicores
    /// 0 leaves it unlimited.
    package var memory: ByteCount

    package init(cpu: Millicores, memory: ByteCount) {
        (self.cpu, self.memory) = (cpu, memory)
    }

    /// Amounts beyond the bounds are brought into them.
    package init(cpuMillicores: Int, memoryBytes: Int64) {
        self.init(cpu: Millicores(clamping: cpuMillicores), memory: ByteCount(clamping: memoryBytes))
    }

    /// The numbers as kernels and schedulers take them.
    package var cpuMillicores: Int { cpu.amount }
    package var memoryBytes: Int64 { memory.amount }

    private enum CodingKeys: String, CodingKey {
        case cpu = "cpuMillicores"
        case memory = "memoryBytes"
    }
}

package enum ProbeKind: Sendable, Hashable {
    case liveness
    case readiness
}

/// A liveness or readiness probe, with the defaults of the 2024-04-01 specification (`ProbeSettings`).
package struct Probe: Sendable, Hashable, Codable {
    package var initialDelayMs: Int
    package var periodMs: Int
    package var timeoutMs: Int
    package var successThreshold: Int
    package var failureThreshold: Int

    package init(
        initialDelayMs: Int = 0, periodMs: Int = 10_000, timeoutMs: Int = 2_000, successThreshold: Int = 1,
        failureThreshold: Int = 30
    ) {
        (self.initialDelayMs, self.periodMs, self.timeoutMs) = (initialDelayMs, periodMs, timeoutMs)
        (self.successThreshold, self.failureThreshold) = (successThreshold, failureThreshold)
    }
}
