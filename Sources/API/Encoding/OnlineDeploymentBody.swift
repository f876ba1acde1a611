import ControlPlane
import Resources

/// `properties` of an online deployment (`OnlineDeploymentProperties`), projected on the version that was asked for.
struct OnlineDeploymentPropertiesBody: Encodable {
    let endpointComputeType: EndpointComputeType
    let description: String?
    let properties: [String: String]
    let model: String?
    let modelMountPath: String?
    let codeConfiguration: CodeConfiguration?
    let environmentId: String?
    let environmentVariables: [String: String]
    let instanceType: String?
    let scaleSettings: ScaleSettings
    let requestSettings: RequestSettings
    let livenessProbe: ProbeSettings
    let readinessProbe: ProbeSettings
    let appInsightsEnabled: Bool
    let egressPublicNetworkAccess: PublicNetworkAccess?
    let dataCollector: DataCollector?
    /// An object for Kubernetes deployments even when nothing is set: clients read it.
    let containerResourceRequirements: ContainerResourceRequirements?
    let provisioningState: ProvisioningState
}

extension TrackedResourceBody where Properties == OnlineDeploymentPropertiesBody {
    init(_ deployment: OnlineDeployment, _ context: any Rendering, _ site: SiteSettings) {
        let stored = deployment.properties
        let version = context.apiVersion
        let bag = ServiceProperties.bag(
            resource: deployment.resourceID, audit: deployment.audit, location: deployment.envelope.location,
            prefix: OperationKind.putDeployment.urlPrefix, operation: deployment.lastOperation,
            generation: deployment.version.generation, context)
        var sku = deployment.envelope.sku ?? ResourceSKU(name: "Default")
        sku.capacity = deployment.instanceCount
        self.init(
            id: deployment.resourceID.description, name: deployment.name, type: deployment.resourceID.type,
            location: deployment.envelope.location, tags: deployment.envelope.tags, kind: deployment.envelope.kind,
            identity: deployment.envelope.identity.map {
                IdentityBody($0, owner: deployment.id, tenantID: site.tenantID)
            },
            sku: sku,
            properties: OnlineDeploymentPropertiesBody(
                endpointComputeType: stored.endpointComputeType, description: stored.description,
                properties: stored.properties.merging(bag) { _, written in written }, model: stored.model,
                modelMountPath: stored.modelMountPath, codeConfiguration: stored.codeConfiguration,
                environmentId: stored.environmentId, environmentVariables: stored.environmentVariables,
                instanceType: stored.instanceType, scaleSettings: stored.scaleSettings,
                requestSettings: stored.requestSettings, livenessProbe: stored.livenessProbe,
                readinessProbe: stored.readinessProbe, appInsightsEnabled: stored.appInsightsEnabled,
                egressPublicNetworkAccess: version.knowsPublicNetworkAccess ? stored.egressPublicNetworkAccess : nil,
                dataCollector: version.knowsDataCollector ? stored.dataCollector : nil,
                containerResourceRequirements: stored.endpointComputeType == .kubernetes
                    ? stored.containerResourceRequirements ?? ContainerResourceRequirements() : nil,
                provisioningState: deployment.provisioningState),
            systemData: SystemDataBody(deployment.audit), etag: deployment.version.etag)
    }
}

/// `DeploymentLogs`.
struct DeploymentLogsBody: Encodable {
    let content: String
}

/// `SkuResource`.
struct DeploymentSKUBody: Encodable, Sendable {
    struct Name: Encodable {
        let name = "Default"
        let tier = "Standard"
    }

    struct Capacity: Encodable {
        let minimum = 0
        let maximum: Int
        let `default` = 1
        let scaleType = "Manual"
    }

    let resourceType: String
    let sku: Name
    let capacity: Capacity
}
