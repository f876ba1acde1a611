package import Foundation

/// A named place to run on: a pool of nodes for batch jobs, or an attached cluster.
package struct ComputeResource: NamedResource, Equatable {
    package var id: UUID
    package var workspace: ResourceID
    package var name: String
    package var envelope: ResourceEnvelope
    package var properties: ComputeProperties
    package var version: RowVersion
    package var audit: AuditTrail

    package init(
        id: UUID, workspace: ResourceID, name: String, envelope: ResourceEnvelope, properties: ComputeProperties,
        version: RowVersion, audit: AuditTrail
    ) {
        (self.id, self.workspace, self.name, self.envelope) = (id, workspace, name, envelope)
        (self.properties, self.version, self.audit) = (properties, version, audit)
    }

    package var resourceID: ResourceID { workspace.child("computes", name) }
}

/// `Compute` of the 2024-04-01 specification: one of the two kinds that are served.
package struct ComputeProperties: Sendable, Equatable, Codable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        case amlCompute = "AmlCompute"
        case kubernetes = "Kubernetes"
    }

    package var computeType: Kind
    package var description: String?
    package var disableLocalAuth: Bool
    /// ARM id of an attached cluster.
    package var resourceId: String?
    /// Of the kind AmlCompute.
    package var pool: NodePool?
    /// Of the kind Kubernetes.
    package var cluster: AttachedCluster?
}

/// `AmlComputeProperties`: a pool whose nodes come and go with the jobs.
package struct NodePool: Sendable, Equatable, Codable {
    package enum Priority: String, Sendable, Codable, CaseIterable {
        case dedicated = "Dedicated"
        case lowPriority = "LowPriority"
    }

    package struct Scale: Sendable, Equatable, Codable {
        package var minNodeCount: Int
        package var maxNodeCount: Int
        package var nodeIdleTimeBeforeScaleDown: ISODuration
    }

    package var vmSize: String
    package var vmPriority: Priority
    package var scaleSettings: Scale

    fileprivate static let nodeCounts = 0...1_000
    fileprivate static let idleTimesMs = 0...86_400_000
}

/// `KubernetesProperties`: a cluster that was there before.
package struct AttachedCluster: Sendable, Equatable, Codable {
    package struct InstanceType: Sendable, Equatable, Codable {
        package struct Resources: Sendable, Equatable, Codable {
            package var requests: [String: String]?
            package var limits: [String: String]?
        }

        package var nodeSelector: [String: String]?
        package var resources: Resources?
    }

    package var namespace: String
    package var defaultInstanceType: String?
    package var instanceTypes: [String: InstanceType]
}

// MARK: Requests

/// What a caller asks a compute to be.
package struct ComputeRequest: BodyReadable, Equatable {
    /// Nil where the caller names none, as clients do when they change a compute: the one that is stored, or the
    /// workspace's.
    package var location: String?
    package var envelope: ResourceEnvelope
    package var properties: ComputeProperties

    package init(reading body: BodyReader) throws(ARMError) {
        location = body["location"].isPresent ? ResourceEnvelope.readLocation(body) : nil
        envelope = ResourceEnvelope(reading: body, location: location ?? "")
        properties = ComputeProperties(reading: body.requiredObject("properties"))
        try body.throwProblems(in: "The compute")
    }
}

extension ComputeProperties {
    init(reading body: BodyReader) {
        let inner = body.object("properties")
        computeType = body.requiredEnumeration("computeType", of: Kind.self) ?? .amlCompute
        description = body.string("description")
        disableLocalAuth = body.boolean("disableLocalAuth") ?? true
        // Read for both kinds, so that nonsense is refused, and kept for the one that it is of.
        let id = body.string("resourceId")
        let (pool, cluster) = (NodePool(reading: inner), AttachedCluster(reading: inner))
        switch computeType {
        case .amlCompute: self.pool = pool
        case .kubernetes:
            if !body["resourceId"].isPresent { body["resourceId"].report("is required") }
            resourceId = id
            self.cluster = cluster
        }
    }
}

extension NodePool {
    init(reading body: BodyReader) {
        vmSize = body.string("vmSize") ?? "STANDARD_DS3_V2"
        vmPriority = body.enumeration("vmPriority", of: Priority.self) ?? .dedicated
        scaleSettings = Scale(reading: body.object("scaleSettings"))
        if body.string("osType")?.isSameWord(as: "Linux") == false { body["osType"].report("must be Linux") }
        if body["subnet"].isPresent {
            body["subnet"].report("is not supported: nodes are shares of this installation's hosts")
        }
    }
}

extension NodePool.Scale {
    init(reading body: BodyReader) {
        minNodeCount = body.integer("minNodeCount", in: NodePool.nodeCounts) ?? 0
        maxNodeCount = body.integer("maxNodeCount", in: NodePool.nodeCounts) ?? max(4, minNodeCount)
        nodeIdleTimeBeforeScaleDown =
            body.duration("nodeIdleTimeBeforeScaleDown", milliseconds: NodePool.idleTimesMs)
            ?? ISODuration(milliseconds: 120_000)
        if minNodeCount > maxNodeCount {
            body["minNodeCount"].report("must be at most maxNodeCount (\(maxNodeCount)), not \(minNodeCount)")
        }
    }
}

extension AttachedCluster {
    init(reading body: BodyReader) {
        namespace = body.string("namespace") ?? "default"
        defaultInstanceType = body.string("defaultInstanceType")
        instanceTypes =
            body.objectMap("instanceTypes") { type in
                let resources = type.object("resources")
                return InstanceType(
                    nodeSelector: type.stringMap("nodeSelector"),
                    resources: InstanceType.Resources(
                        requests: resources.stringMap("requests"), limits: resources.stringMap("limits")))
            } ?? [:]
    }
}

/// PATCH of a compute (`ClusterUpdateParameters`): the scale settings, nothing else.
package struct ComputePatch: BodyReadable, Equatable {
    package var scaleSettings: NodePool.Scale

    package init(reading body: BodyReader) throws(ARMError) {
        let settings = body.requiredObject("properties").requiredObject("scaleSettings")
        scaleSettings = NodePool.Scale(reading: settings)
        try body.throwProblems(in: "The change of the compute")
    }
}
