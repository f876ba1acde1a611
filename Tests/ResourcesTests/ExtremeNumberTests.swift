import Foundation
import Resources
import Testing

/// Every number that a body can carry, with values that no arithmetic bears: refused at its place, and nothing traps.
@Suite struct ExtremeNumberTests {
    /// A request, with a body that is accepted.
    enum Request: String, CaseIterable, Sendable {
        case endpoint, deployment, deploymentPatch, logs, workspace, environment, autoscaleSetting, autoscalePatch

        func read(_ document: JSONValue) throws {
            let body = BodyReader(root: document)
            switch self {
            case .endpoint: _ = try OnlineEndpointRequest(reading: body)
            case .deployment:
                let request = try OnlineDeploymentRequest(reading: body)
                // What is accepted can be reckoned with.
                let limits = request.properties.containerResourceRequirements?.containerResourceLimits?.limits
                let demand = InstanceDemand(
                    instanceType: "t", count: request.instanceCount,
                    limits: limits ?? ResourceLimits(cpuMillicores: 0, memoryBytes: 0))
                _ = QuotaLimits(cores: 1, hostCores: 1, hostMemoryGiB: 1).room(for: demand, beside: [], onHost: [])
                _ = demand.limits.cpuMillicores * 100
            case .deploymentPatch: _ = try OnlineDeploymentPatch(reading: body)
            case .logs: _ = try DeploymentLogsRequest(reading: body)
            case .workspace: _ = try WorkspaceRequest(reading: body)
            case .environment: _ = try AssetVersionRequest(reading: body, kind: .environment)
            case .autoscaleSetting: _ = try AutoscaleSettingRequest(reading: body)
            case .autoscalePatch:
                _ = try AutoscaleSettingPatch(reading: body).applied(to: try ExtremeNumberTests.setting())
            }
        }

        var text: String {
            switch self {
            case .endpoint:
                #"{"location": "eu", "sku": {"name": "Default", "capacity": 1}, "properties": {"authMode": "Key", "traffic": {"a": 100}, "mirrorTraffic": {"b": 10}}}"#
            case .deployment:
                """
                {"location": "eu", "sku": {"name": "Default", "capacity": 1}, "properties": {"endpointComputeType": "Kubernetes",
                 "scaleSettings": {"scaleType": "TargetUtilization", "minInstances": 1, "maxInstances": 2,
                   "targetUtilizationPercentage": 70, "pollingInterval": "PT1S"},
                 "requestSettings": {"requestTimeout": "PT5S", "maxConcurrentRequestsPerInstance": 1, "maxQueueWait": "PT1S"},
                 "livenessProbe": \(probe), "readinessProbe": \(probe),
                 "dataCollector": {"collections": {"c": {"samplingRate": 0.5}}},
                 "containerResourceRequirements": {"containerResourceRequests": \(quantities), "containerResourceLimits": \(quantities)}}}
                """
            case .deploymentPatch: #"{"sku": {"capacity": 2}}"#
            case .logs: #"{"tail": 10}"#
            case .workspace: #"{"location": "eu", "sku": {"name": "Basic", "capacity": 1}, "properties": {}}"#
            case .environment:
                #"{"properties": {"image": "i", "inferenceConfig": {"livenessRoute": \#(route), "readinessRoute": \#(route), "scoringRoute": \#(route)}}}"#
            case .autoscaleSetting: ExtremeNumberTests.autoscale
            case .autoscalePatch: ExtremeNumberTests.autoscale
            }
        }

        private var probe: String {
            #"{"initialDelay": "PT1S", "period": "PT1S", "timeout": "PT1S", "successThreshold": 1, "failureThreshold": 3}"#
        }
        private var quantities: String { #"{"cpu": "500m", "memory": "1Gi", "gpu": "1"}"# }
        private var route: String { #"{"path": "/", "port": 80}"# }
    }

    static let autoscale = """
        {"location": "eu", "properties": {"targetResourceUri": "\(deployment)", "profiles": [
         {"name": "p", "capacity": {"minimum": "1", "maximum": "2", "default": "1"},
          "recurrence": {"frequency": "Week", "schedule": {"timeZone": "UTC", "days": ["Monday"], "hours": [1], "minutes": [0]}},
          "rules": [{"metricTrigger": {"metricName": "RequestLatency", "metricResourceUri": "\(deployment)", "timeGrain": "PT1M",
             "statistic": "Average", "timeWindow": "PT10M", "timeAggregation": "Average", "operator": "GreaterThan", "threshold": 5},
            "scaleAction": {"direction": "Increase", "type": "PercentChangeCount", "value": "1", "cooldown": "PT5M"}}]},
         {"name": "f", "capacity": {"minimum": "1", "maximum": "2", "default": "1"}, "rules": [],
          "fixedDate": {"start": "2026-01-01T00:00:00Z", "end": "2026-02-01T00:00:00Z"}}]}}
        """
    private static let deployment =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/onlineEndpoints/e/deployments/blue"

    static func setting() throws -> AutoscaleSetting {
        let request = try AutoscaleSettingRequest(reading: body(autoscale))
        return AutoscaleSetting(
            id: UUID(), resourceID: .autoscaleSetting(subscription: "s", resourceGroup: "g", name: "a"), location: "eu",
            tags: [:], properties: request.properties, version: RowVersion(revision: 1, generation: 1),
            audit: AuditTrail(createdBy: "x", createdAt: Date(), lastModifiedBy: "x", lastModifiedAt: Date()))
    }

    /// What a field holds; each kind has its own impossible values, as JSON.
    enum Kind: Sendable {
        case integer, fraction, threshold, duration, quantity, date

        var extremes: [String] {
            let huge = [
                "1e308", "-1e308", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
                "-9223372036854775809", "18446744073709551616", "9e15", #""1e308""#, #""9223372036854775807""#,
                #""9223372036854775808""#, #""NaN""#, #""nan""#, #""Infinity""#, #""-inf""#, #""1e999""#,
                #""900000000000000""#,
            ]
            return switch self {
            case .integer: huge + ["-1", #""-1""#, "0.5", #""١""#, #""0x7FFFFFFFFFFFFFFF""#, "[]", "{}"]
            case .fraction: huge + ["-1", "1.0000001"]
            case .threshold: huge
            case .duration:
                [
                    #""PT999999999H""#, #""P99999999999999999999D""#, #""PT1e308S""#, #""-PT5S""#, #""PT-5S""#,
                    #""PTNaNS""#,
                    #""PTinfS""#, #""P1Y""#, #""P""#, "9e15", "-1", "1e308",
                    #""PT\#(String(repeating: "9", count: 400))S""#,
                ]
            case .quantity:
                [
                    #""900000000000000Gi""#, #""9223372036854775808""#, #""9e15""#, #""1e308""#, #""-1""#, #""NaN""#,
                    #""inf""#, #""1Ei""#, #""9999999999999999999999999""#, "9e15", "-1",
                ]
            case .date:
                [
                    #""999999-01-01T00:00:00Z""#, #""9223372036854775807-01-01T00:00:00Z""#,
                    #""-9999-01-01T00:00:00Z""#,
                    #""1e308""#, #""0001-01-01T00:00:00Z""#, #""2026-99-99T99:99:99Z""#, "9e15", #""NaN""#,
                ]
            }
        }
    }

    struct Field: Sendable, CustomTestStringConvertible {
        let request: Request
        let path: String
        let kind: Kind

        var testDescription: String { "\(request.rawValue) \(path)" }
    }

    static let fields: [Field] = {
        func all(_ request: Request, _ kind: Kind, _ paths: [String]) -> [Field] {
            paths.map { Field(request: request, path: $0, kind: kind) }
        }
        let settings = "properties.scaleSettings"
        let requests = "properties.requestSettings"
        let probes = ["properties.livenessProbe", "properties.readinessProbe"]
        let resources = ["containerResourceRequests", "containerResourceLimits"].map {
            "properties.containerResourceRequirements.\($0)"
        }
        let rule = "properties.profiles[0].rules[0]"
        let schedule = "properties.profiles[0].recurrence.schedule"
        var fields = all(.endpoint, .integer, ["sku.capacity", "properties.traffic.a", "properties.mirrorTraffic.b"])
        fields += all(
            .deployment, .integer,
            [
                "sku.capacity", "\(settings).minInstances", "\(settings).maxInstances",
                "\(settings).targetUtilizationPercentage", "\(requests).maxConcurrentRequestsPerInstance",
            ] + probes.flatMap { ["\($0).successThreshold", "\($0).failureThreshold"] })
        fields += all(
            .deployment, .duration,
            ["\(settings).pollingInterval", "\(requests).requestTimeout", "\(requests).maxQueueWait"]
                + probes.flatMap { ["\($0).initialDelay", "\($0).period", "\($0).timeout"] })
        fields += all(.deployment, .fraction, ["properties.dataCollector.collections.c.samplingRate"])
        fields += all(.deployment, .quantity, resources.flatMap { ["\($0).cpu", "\($0).memory", "\($0).gpu"] })
        fields += all(.deploymentPatch, .integer, ["sku.capacity"])
        fields += all(.logs, .integer, ["tail"]) + all(.workspace, .integer, ["sku.capacity"])
        fields += all(
            .environment, .integer,
            ["livenessRoute", "readinessRoute", "scoringRoute"].map { "properties.inferenceConfig.\($0).port" })
        for request in [Request.autoscaleSetting, .autoscalePatch] {
            fields += all(
                request, .integer,
                ["minimum", "maximum", "default"].map { "properties.profiles[0].capacity.\($0)" }
                    + ["\(schedule).hours[0]", "\(schedule).minutes[0]", "\(rule).scaleAction.value"])
            fields += all(
                request, .duration,
                ["\(rule).scaleAction.cooldown", "\(rule).metricTrigger.timeGrain", "\(rule).metricTrigger.timeWindow"])
            fields += all(request, .threshold, ["\(rule).metricTrigger.threshold"])
            fields += all(
                request, .date, ["start", "end"].map { "properties.profiles[1].fixedDate.\($0)" })
        }
        return fields
    }()

    @Test(arguments: Request.allCases) func `the bodies themselves are accepted`(request: Request) throws {
        try request.read(try JSONParser.parse(request.text.utf8))
    }

    @Test(arguments: fields) func `an impossible number is refused at its place`(field: Field) throws {
        let document = try JSONParser.parse(field.request.text.utf8)
        for extreme in field.kind.extremes {
            let value = try JSONParser.parse(extreme.utf8)
            let changed = try #require(document.replacing(field.path[...], with: value))
            let error = #expect(throws: ARMError.self, "\(extreme.prefix(60))") { try field.request.read(changed) }
            #expect(paths(error).contains("$.\(field.path)"), "\(extreme.prefix(60)): \(paths(error))")
            #expect(error?.code.status == .badRequest)
            // Even a text of many digits makes a message that can be read.
            #expect((error?.problems ?? []).allSatisfy { $0.message.count < 400 })
        }
    }

    @Test func `sums and products at the bounds fit`() {
        let most = ResourceLimits(cpuMillicores: .max, memoryBytes: .max)
        #expect(most.cpu.cores == 10_000 && most.memory.gibibytes == 1_048_576)
        let demand = InstanceDemand(instanceType: "t", count: .max, limits: most)
        let limits = QuotaLimits(cores: .max, hostCores: 1e300, hostMemoryGiB: 1e300)
        #expect(limits.problem(demand, beside: [demand, demand], onHost: [demand])?.isEmpty == false)
        #expect(InstanceTypeCatalog.parse("big=9000000000000000000/1") == nil)
        #expect(InstanceTypeCatalog.parse("big=4/16/9000000000000000000") == nil)
    }
}

extension JSONValue {
    /// The document with another value at `a.b[0].c`; nil when the path leads nowhere.
    fileprivate func replacing(_ path: Substring, with value: JSONValue) -> JSONValue? {
        guard let first = path.first else { return value }
        if first == "." { return replacing(path.dropFirst(), with: value) }
        if first == "[" {
            guard case .array(var elements) = self, let close = path.firstIndex(of: "]"),
                let index = Int(path[path.index(after: path.startIndex)..<close]), elements.indices.contains(index),
                let element = elements[index].replacing(path[path.index(after: close)...], with: value)
            else { return nil }
            elements[index] = element
            return .array(elements)
        }
        let name = path.prefix { $0 != "." && $0 != "[" }
        guard case .object(var members) = self, let member = members[String(name)],
            let changed = member.replacing(path.dropFirst(name.count), with: value)
        else { return nil }
        members.set(String(name), changed)
        return .object(members)
    }
}
