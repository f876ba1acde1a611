/// What a caller asks an online deployment to be, with everything checked that needs no look-up.
package struct OnlineDeploymentRequest: BodyReadable, Equatable {
    package var envelope: ResourceEnvelope
    package var properties: OnlineDeploymentProperties
    package var instanceCount: Int

    package static let instanceLimit = ServiceLimits.instancesPerDeployment

    /// Reads a PUT body; throws all problems at once.
    package init(reading body: BodyReader) throws(ARMError) {
        envelope = ResourceEnvelope(reading: body)
        let properties = body.requiredObject("properties")
        self.properties = OnlineDeploymentProperties(reading: properties, skuName: envelope.sku?.name)
        instanceCount = envelope.sku?.capacity ?? 1
        // Responses always show a SKU: what a caller sends back is then equal to what is stored.
        var sku = envelope.sku ?? ResourceSKU(name: "Default")
        sku.capacity = instanceCount
        envelope.sku = sku
        if instanceCount > Self.instanceLimit {
            body["sku"]["capacity"].report("must be at most \(Self.instanceLimit) instances, not \(instanceCount)")
        }
        try body.throwProblems(in: "The online deployment")
    }
}

extension OnlineDeploymentProperties {
    init(reading body: BodyReader, skuName: String?) {
        endpointComputeType = body.requiredEnumeration("endpointComputeType", of: EndpointComputeType.self) ?? .managed
        description = body.string("description")
        properties = ServicePropertyKeys.removed(from: body.stringMap("properties") ?? [:])
        model = Self.nonEmpty(body.string("model"))
        modelMountPath = body.string("modelMountPath")
        codeConfiguration = CodeConfiguration(reading: body.object("codeConfiguration"))
        environmentId = Self.nonEmpty(body.string("environmentId"))
        environmentVariables = body.stringMap("environmentVariables") ?? [:]
        // Templates in the field pass the size as the name of the SKU.
        instanceType = Self.nonEmpty(body.string("instanceType")) ?? (skuName == "Default" ? nil : skuName)
        scaleSettings = ScaleSettings(reading: body.object("scaleSettings"), computeType: endpointComputeType)
        requestSettings = RequestSettings(
            reading: body.object("requestSettings"),
            timeoutRange: Self.timeouts(endpointComputeType, variables: environmentVariables))
        livenessProbe = ProbeSettings(reading: body.object("livenessProbe"), successThresholds: 1...1)
        readinessProbe = ProbeSettings(reading: body.object("readinessProbe"), successThresholds: 1...100)
        appInsightsEnabled = body.boolean("appInsightsEnabled") ?? false
        egressPublicNetworkAccess =
            body.enumeration("egressPublicNetworkAccess", of: PublicNetworkAccess.self) ?? .enabled
        dataCollector = DataCollector(reading: body.object("dataCollector"))
        containerResourceRequirements = ContainerResourceRequirements(
            reading: body.object("containerResourceRequirements"))
        for name in environmentVariables.keys where !Self.isVariableName(name) {
            body["environmentVariables"].report("'\(name)' is not a name for an environment variable")
        }
        for (name, value) in environmentVariables where value.contains("\0") {
            body["environmentVariables"].report("the value of '\(name)' holds a zero byte, which no process can have")
        }
        for (name, value) in environmentVariables.sorted(by: { $0.key < $1.key }) {
            do throws(SecretReference.Malformed) {
                guard try SecretReference(value) != nil else { continue }
                body["environmentVariables"].report(
                    "'\(name)' refers to a secret, and references are not resolved yet: give the value itself")
            } catch {
                body["environmentVariables"].report(
                    "'\(name)' begins as a reference to a secret, but \(error.reason)")
            }
        }
    }

    /// Managed deployments of flows carry the variables of the flow's server.
    private static func timeouts(_ type: EndpointComputeType, variables: [String: String]) -> ClosedRange<Int> {
        guard type == .managed else { return ServiceLimits.kubernetesTimeoutMs }
        let isFlow = variables.keys.contains { $0.hasPrefix("PROMPTFLOW_") }
        return isFlow ? ServiceLimits.flowTimeoutMs : ServiceLimits.managedTimeoutMs
    }

    private static func nonEmpty(_ text: String?) -> String? {
        text.flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func isVariableName(_ name: String) -> Bool {
        !name.isEmpty && !name.contains("=") && !name.contains("\0") && !(name.first?.isNumber ?? true)
    }
}

extension CodeConfiguration {
    init?(reading body: BodyReader) {
        guard body.isPresent else { return nil }
        codeId = body.string("codeId")
        scoringScript = body.requiredString("scoringScript")
        let isInside = !scoringScript.hasPrefix("/") && !scoringScript.split(separator: "/").contains("..")
        if !isInside { body["scoringScript"].report("must be a path inside the code folder") }
    }
}

extension ScaleSettings {
    /// Absent settings mean utilization for Kubernetes and a fixed count for managed deployments.
    init(reading body: BodyReader, computeType: EndpointComputeType) {
        let fallback: Kind = computeType == .kubernetes && !body.isPresent ? .targetUtilization : .default
        scaleType = body.enumeration("scaleType", of: Kind.self) ?? fallback
        // Read for every type, so that nonsense is refused, and kept for the one that uses it.
        let least = body.integer("minInstances", in: 0...OnlineDeploymentRequest.instanceLimit) ?? 1
        let most = body.integer("maxInstances", in: 1...OnlineDeploymentRequest.instanceLimit) ?? 1
        let target = body.integer("targetUtilizationPercentage", in: 1...100) ?? 70
        let interval =
            body.duration("pollingInterval", milliseconds: 1_000...86_400_000) ?? ISODuration(milliseconds: 1_000)
        guard scaleType == .targetUtilization else { return }
        if least > most { body["minInstances"].report("must be at most maxInstances (\(most)), not \(least)") }
        minInstances = least
        maxInstances = most
        targetUtilizationPercentage = target
        pollingInterval = interval
    }
}

extension RequestSettings {
    init(reading body: BodyReader, timeoutRange: ClosedRange<Int>) {
        requestTimeout = body.duration("requestTimeout", milliseconds: timeoutRange) ?? ISODuration(milliseconds: 5_000)
        maxConcurrentRequestsPerInstance = body.integer("maxConcurrentRequestsPerInstance", in: 1...8_000) ?? 1
        maxQueueWait = body.duration("maxQueueWait", milliseconds: 0...3_600_000) ?? ISODuration(milliseconds: 500)
    }
}

extension ProbeSettings {
    /// Defaults as in 2024-04-01 `ProbeSettings`.
    init(reading body: BodyReader, successThresholds: ClosedRange<Int>) {
        initialDelay = body.duration("initialDelay", milliseconds: 0...3_600_000)
        period = body.duration("period", milliseconds: 1_000...3_600_000) ?? ISODuration(milliseconds: 10_000)
        timeout =
            body.duration("timeout", milliseconds: ServiceLimits.probeTimeoutMs) ?? ISODuration(milliseconds: 2_000)
        successThreshold = body.integer("successThreshold", in: successThresholds) ?? 1
        failureThreshold = body.integer("failureThreshold", in: 1...10_000) ?? 30
    }

    /// The probe as compute backends take it.
    package var probe: Probe {
        Probe(
            initialDelayMs: initialDelay?.milliseconds ?? 0, periodMs: period.milliseconds,
            timeoutMs: timeout.milliseconds, successThreshold: successThreshold, failureThreshold: failureThreshold)
    }
}

extension DataCollector {
    init?(reading body: BodyReader) {
        guard body.isPresent else { return nil }
        collections = body.objectMap("collections") { Collection(reading: $0) } ?? [:]
        if collections.isEmpty { body["collections"].report("must hold at least one collection") }
        rollingRate = body.enumeration("rollingRate", of: RollingRate.self) ?? .hour
        let logging = body.object("requestLogging")
        requestLogging =
            logging.isPresent ? RequestLogging(captureHeaders: logging.strings("captureHeaders") ?? []) : nil
    }
}

extension DataCollector.Collection {
    init(reading body: BodyReader) {
        dataCollectionMode = body.enumeration("dataCollectionMode", of: Mode.self) ?? .disabled
        samplingRate = body.fraction("samplingRate", in: 0...1) ?? 1
        dataId = body.string("dataId")
        clientId = body.string("clientId")
    }
}

extension ContainerResourceRequirements {
    init?(reading body: BodyReader) {
        guard body.isPresent else { return nil }
        containerResourceRequests = Quantities(reading: body.object("containerResourceRequests"))
        containerResourceLimits = Quantities(reading: body.object("containerResourceLimits"))
    }
}

extension ContainerResourceRequirements.Quantities {
    init?(reading body: BodyReader) {
        guard body.isPresent else { return nil }
        cpu = body.string("cpu")
        memory = body.string("memory")
        gpu = body.string("gpu")
        Self.check(cpu, Millicores.self, body["cpu"])
        Self.check(memory, ByteCount.self, body["memory"])
        Self.check(gpu, GPUCount.self, body["gpu"])
    }

    private static func check<Quantity: BoundedQuantity>(_ text: String?, _ type: Quantity.Type, _ place: BodyReader) {
        guard let text else { return }
        guard let quantity = ResourceQuantity(text) else {
            place.report("'\(text.prefix(40))' is not a quantity such as 500m or 1Gi")
            return
        }
        if Quantity(quantity) == nil { place.report("must be \(Quantity.rule), not '\(text.prefix(40))'") }
    }

    /// The amounts of a checked text; 0, which is no limit, where there is none.
    package var limits: ResourceLimits {
        ResourceLimits(
            cpu: cpu.flatMap { ResourceQuantity($0) }.flatMap { Millicores($0) } ?? Millicores(clamping: 0),
            memory: memory.flatMap { ResourceQuantity($0) }.flatMap { ByteCount($0) } ?? ByteCount(clamping: 0))
    }
}

/// PATCH of a deployment (`PartialMinimalTrackedResourceWithSku`): tags and the instance count, nothing else.
package struct OnlineDeploymentPatch: Sendable, Equatable {
    package var tags: [String: String]?
    package var instanceCount: Int?

    package init(reading body: BodyReader) throws(ARMError) {
        tags = body["tags"].isPresent ? ResourceEnvelope.readTags(body) : nil
        let sku = body.object("sku")
        instanceCount = sku.integer("capacity", in: 0...OnlineDeploymentRequest.instanceLimit)
        for name in body.memberNames where !["tags", "sku"].contains(name.lowercased()) {
            body[name].report("can't be changed by PATCH; only tags and sku can, use PUT for the rest")
        }
        try body.throwProblems(in: "The change of the online deployment")
    }
}

/// PATCH of an endpoint (`PartialMinimalTrackedResourceWithIdentity`): tags and identity, nothing else.
package struct OnlineEndpointPatch: Sendable, Equatable {
    package var tags: [String: String]?
    package var identity: ManagedIdentity?

    package init(reading body: BodyReader) throws(ARMError) {
        tags = body["tags"].isPresent ? ResourceEnvelope.readTags(body) : nil
        AllowedOrigins.check(tags ?? [:], body)
        identity = ManagedIdentity(reading: body.object("identity"))
        for name in body.memberNames where !["tags", "identity"].contains(name.lowercased()) {
            body[name].report("can't be changed by PATCH; only tags and identity can, use PUT for the rest")
        }
        try body.throwProblems(in: "The change of the online endpoint")
    }
}

/// Body of `getLogs` (`DeploymentLogsRequest`).
package struct DeploymentLogsRequest: Sendable, Equatable {
    package enum Container: String, Sendable, CaseIterable {
        case inferenceServer = "InferenceServer"
        case storageInitializer = "StorageInitializer"
    }

    package var container: Container
    package var tail: Int

    package init(reading body: BodyReader) throws(ARMError) {
        container = body.enumeration("containerType", of: Container.self) ?? .inferenceServer
        tail = body.integer("tail", in: 1...100_000) ?? 500
        try body.throwProblems(in: "The request for logs")
    }
}
