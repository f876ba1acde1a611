package import Foundation

/// An online deployment: a model with its code and environment, in a number of replicas, under an endpoint.
package struct OnlineDeployment: OperatedResource, Equatable {
    package var id: UUID
    package var endpoint: ResourceID
    package var endpointID: UUID
    package var workspaceID: UUID
    package var name: String
    package var envelope: ResourceEnvelope
    package var properties: OnlineDeploymentProperties
    /// The number that the caller wrote, `sku.capacity`.
    package var instanceCount: Int
    /// How many replicas there should be: that number, or where the utilization scaler stands.
    package var wantedReplicas: Int
    package var provisioningState: ProvisioningState
    package var version: RowVersion
    package var audit: AuditTrail
    package var lastOperation: OperationID?

    package init(
        id: UUID, endpoint: ResourceID, endpointID: UUID, workspaceID: UUID, name: String, envelope: ResourceEnvelope,
        properties: OnlineDeploymentProperties, instanceCount: Int, wantedReplicas: Int,
        provisioningState: ProvisioningState, version: RowVersion, audit: AuditTrail, lastOperation: OperationID?
    ) {
        (self.id, self.endpoint, self.endpointID) = (id, endpoint, endpointID)
        (self.workspaceID, self.name, self.envelope) = (workspaceID, name, envelope)
        (self.properties, self.instanceCount) = (properties, instanceCount)
        (self.wantedReplicas, self.provisioningState) = (wantedReplicas, provisioningState)
        (self.version, self.audit, self.lastOperation) = (version, audit, lastOperation)
    }

    /// Whether the utilization scaler says how many replicas there should be.
    package var isScaledByUtilization: Bool { properties.scaleSettings.scaleType == .targetUtilization }

    package var resourceID: ResourceID { endpoint.child("deployments", name) }

    /// The time that its readiness probe gives a replica to start.
    package var extraTime: Duration {
        let probe = properties.readinessProbe.probe
        return .milliseconds(probe.initialDelayMs + probe.periodMs * probe.failureThreshold)
    }
}

/// `endpointComputeType`, the discriminator of deployments.
package enum EndpointComputeType: String, Sendable, Codable, CaseIterable {
    case managed = "Managed"
    case kubernetes = "Kubernetes"
    case azureMLCompute = "AzureMLCompute"
}

/// `properties` of an online deployment (2024-04-01 `OnlineDeploymentProperties`, all kinds in one).
package struct OnlineDeploymentProperties: Sendable, Equatable, Codable {
    package var endpointComputeType: EndpointComputeType
    package var description: String?
    package var properties: [String: String]
    /// Reference as the caller wrote it: ARM id, `azureml:name:version`, asset URI or blob URL.
    package var model: String?
    package var modelMountPath: String?
    package var codeConfiguration: CodeConfiguration?
    package var environmentId: String?
    package var environmentVariables: [String: String]
    package var instanceType: String?
    package var scaleSettings: ScaleSettings
    package var requestSettings: RequestSettings
    package var livenessProbe: ProbeSettings
    package var readinessProbe: ProbeSettings
    package var appInsightsEnabled: Bool
    package var egressPublicNetworkAccess: PublicNetworkAccess
    package var dataCollector: DataCollector?
    /// Kubernetes only.
    package var containerResourceRequirements: ContainerResourceRequirements?
}

/// `codeConfiguration`.
package struct CodeConfiguration: Sendable, Equatable, Codable {
    package var codeId: String?
    package var scoringScript: String
}

/// `scaleSettings`: a fixed count, or by utilization.
package struct ScaleSettings: Sendable, Equatable, Codable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        case `default` = "Default"
        case targetUtilization = "TargetUtilization"
    }

    package var scaleType: Kind
    package var minInstances: Int?
    package var maxInstances: Int?
    package var targetUtilizationPercentage: Int?
    package var pollingInterval: ISODuration?

    package init(
        scaleType: Kind, minInstances: Int? = nil, maxInstances: Int? = nil, targetUtilizationPercentage: Int? = nil,
        pollingInterval: ISODuration? = nil
    ) {
        self.scaleType = scaleType
        self.minInstances = minInstances
        self.maxInstances = maxInstances
        self.targetUtilizationPercentage = targetUtilizationPercentage
        self.pollingInterval = pollingInterval
    }
}

/// `requestSettings`; defaults PT5S, 1, PT0.5S.
package struct RequestSettings: Sendable, Equatable, Codable {
    package var requestTimeout: ISODuration
    package var maxConcurrentRequestsPerInstance: Int
    package var maxQueueWait: ISODuration
}

/// `livenessProbe`, `readinessProbe`.
package struct ProbeSettings: Sendable, Equatable, Codable {
    package var initialDelay: ISODuration?
    package var period: ISODuration
    package var timeout: ISODuration
    package var successThreshold: Int
    package var failureThreshold: Int
}

/// `dataCollector`: kept and shown; scoring scripts may fill its collections.
package struct DataCollector: Sendable, Equatable, Codable {
    package struct Collection: Sendable, Equatable, Codable {
        package enum Mode: String, Sendable, Codable, CaseIterable {
            case enabled = "Enabled"
            case disabled = "Disabled"
        }

        package var dataCollectionMode: Mode
        package var samplingRate: Double
        package var dataId: String?
        package var clientId: String?
    }

    package enum RollingRate: String, Sendable, Codable, CaseIterable {
        case year = "Year"
        case month = "Month"
        case day = "Day"
        case hour = "Hour"
        case minute = "Minute"
    }

    package struct RequestLogging: Sendable, Equatable, Codable {
        package var captureHeaders: [String]
    }

    package var collections: [String: Collection]
    package var rollingRate: RollingRate
    package var requestLogging: RequestLogging?

    /// Sampling rates of the collections that are enabled, by their names as the collector's package reads them.
    package var enabledRates: [String: Double] {
        let enabled = collections.filter { $0.value.dataCollectionMode == .enabled }
        return Dictionary(enabled.map { ($0.key.lowercased(), $0.value.samplingRate) }) { max($0, $1) }
    }
}

/// `containerResourceRequirements` of Kubernetes deployments: quantities as texts, such as `500m` and `1Gi`.
package struct ContainerResourceRequirements: Sendable, Equatable, Codable {
    package struct Quantities: Sendable, Equatable, Codable {
        package var cpu: String?
        package var memory: String?
        package var gpu: String?
    }

    package var containerResourceRequests: Quantities?
    package var containerResourceLimits: Quantities?

    package init(requests: Quantities? = nil, limits: Quantities? = nil) {
        containerResourceRequests = requests
        containerResourceLimits = limits
    }
}
