import Resources
import Testing

/// The table of limits row by row (`surface.md` §6): what is at a limit is accepted, what is beyond it refused at its place.
@Suite struct ServiceLimitTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let what: String
        /// A body at the limit, and one beyond it.
        let allowed: String
        let refused: String
        let path: String
        let read: @Sendable (BodyReader) throws -> Void

        var testDescription: String { what }
    }

    private static func deployment(
        _ what: String, kind: String = "Managed", _ allowed: String, _ refused: String, at path: String
    ) -> Row {
        func body(_ more: String) -> String {
            #"{"location": "eu", "properties": {"endpointComputeType": "\#(kind)", \#(more)}}"#
        }
        return Row(what: what, allowed: body(allowed), refused: body(refused), path: "$.properties.\(path)") {
            _ = try OnlineDeploymentRequest(reading: $0)
        }
    }

    private static func timeout(_ text: String, flow: Bool = false) -> String {
        #""requestSettings": {"requestTimeout": "\#(text)"}"#
            + (flow ? #", "environmentVariables": {"PROMPTFLOW_RUN_MODE": "serving"}"# : "")
    }

    private static let deployments = [
        deployment(
            "request timeout of a managed deployment", timeout("PT180S"), timeout("PT180.001S"),
            at: "requestSettings.requestTimeout"),
        deployment(
            "request timeout of a flow", timeout("PT5M", flow: true), timeout("PT5M1S", flow: true),
            at: "requestSettings.requestTimeout"),
        deployment(
            "request timeout on Kubernetes", kind: "Kubernetes", timeout("PT300S"), timeout("PT301S"),
            at: "requestSettings.requestTimeout"),
        deployment(
            "timeout of a liveness probe", #""livenessProbe": {"timeout": "PT300S"}"#,
            #""livenessProbe": {"timeout": "PT360S"}"#, at: "livenessProbe.timeout"),
        deployment(
            "timeout of a readiness probe on Kubernetes", kind: "Kubernetes",
            #""readinessProbe": {"timeout": "PT300S"}"#,
            #""readinessProbe": {"timeout": "PT301S"}"#, at: "readinessProbe.timeout"),
        deployment(
            "instances of the utilization scaler",
            #""scaleSettings": {"scaleType": "TargetUtilization", "maxInstances": 50}"#,
            #""scaleSettings": {"scaleType": "TargetUtilization", "maxInstances": 51}"#,
            at: "scaleSettings.maxInstances"),
    ]

    private static func capacity(_ count: Int) -> String {
        #"{"location": "eu", "sku": {"name": "Default", "capacity": \#(count)}, "properties": {"endpointComputeType": "Managed"}}"#
    }

    private static func endpoint(_ what: String, _ allowed: String, _ refused: String, at path: String) -> Row {
        func body(_ more: String) -> String {
            #"{"location": "eu", "properties": {"authMode": "Key", \#(more)}}"#
        }
        return Row(what: what, allowed: body(allowed), refused: body(refused), path: "$.properties.\(path)") {
            _ = try OnlineEndpointRequest(reading: $0)
        }
    }

    private static func tags(_ count: Int, name: Int = 3, value: Int = 1) -> String {
        let tags = (0..<count).map { index in
            let text = "\(index)"
            return
                #""\#(text + String(repeating: "n", count: name - text.count))": "\#(String(repeating: "v", count: value))""#
        }
        return #"{"location": "eu", "tags": {\#(tags.joined(separator: ", "))}, "properties": {"authMode": "Key"}}"#
    }

    private static func tagRow(_ what: String, _ allowed: String, _ refused: String) -> Row {
        Row(what: what, allowed: allowed, refused: refused, path: "$.tags") {
            _ = try OnlineEndpointRequest(reading: $0)
        }
    }

    private static func setting(_ what: String, _ allowed: String, _ refused: String, at path: String) -> Row {
        func body(_ profiles: String) -> String {
            #"{"location": "eu", "properties": {"targetResourceUri": "\#(target)", "profiles": [\#(profiles)]}}"#
        }
        return Row(what: what, allowed: body(allowed), refused: body(refused), path: "$.properties.profiles\(path)") {
            _ = try AutoscaleSettingRequest(reading: $0)
        }
    }

    private static let target =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/onlineEndpoints/e/deployments/blue"

    private static func profiles(_ count: Int) -> String {
        Array(repeating: AutoscaleSettingTests.profile(), count: count).joined(separator: ", ")
    }

    private static func rules(_ count: Int) -> String {
        AutoscaleSettingTests.profile(rules: Array(repeating: rule(), count: count))
    }

    private static func rule(cooldown: String = "PT5M", window: String = "PT10M", grain: String = "PT1M") -> String {
        AutoscaleSettingTests.rule(
            "Increase", "GreaterThan", 1, resource: target, cooldown: cooldown, window: window
        ).replacing("\"PT1M\"", with: "\"\(grain)\"")
    }

    private static func only(_ rule: String) -> String { AutoscaleSettingTests.profile(rules: [rule]) }

    private static func weekly(hours: String = "8", minutes: String = "30") -> String {
        AutoscaleSettingTests.profile(
            more:
                #", "recurrence": {"frequency": "Week", "schedule": {"timeZone": "UTC", "days": ["Monday", "Friday"], "hours": [\#(hours)], "minutes": [\#(minutes)]}}"#
        )
    }

    private static let rest: [Row] = [
        Row(what: "instances of a deployment", allowed: capacity(50), refused: capacity(51), path: "$.sku.capacity") {
            _ = try OnlineDeploymentRequest(reading: $0)
        },
        Row(
            what: "instances that a PATCH asks for", allowed: #"{"sku": {"capacity": 50}}"#,
            refused: #"{"sku": {"capacity": 51}}"#, path: "$.sku.capacity"
        ) { _ = try OnlineDeploymentPatch(reading: $0) },
        endpoint(
            "traffic sums to 100", #""traffic": {"a": 60, "b": 40}"#, #""traffic": {"a": 60, "b": 41}"#, at: "traffic"),
        endpoint("traffic, or to 0", #""traffic": {"a": 0, "b": 0}"#, #""traffic": {"a": 1}"#, at: "traffic"),
        endpoint(
            "a mirror has no live traffic", #""traffic": {"a": 100, "b": 0}, "mirrorTraffic": {"b": 50}"#,
            #""traffic": {"a": 100}, "mirrorTraffic": {"a": 50}"#, at: "mirrorTraffic.a"),
        // Azure's 50 % and one deployment are widened on purpose: a mirror may get everything, and there may be several.
        endpoint(
            "a mirror's share", #""mirrorTraffic": {"b": 100, "c": 100}"#, #""mirrorTraffic": {"b": 101}"#,
            at: "mirrorTraffic.b"),
        tagRow("tags", tags(50), tags(51)), tagRow("a tag's name", tags(1, name: 512), tags(1, name: 513)),
        tagRow("a tag's value", tags(1, value: 256), tags(1, value: 257)),
        setting("autoscale profiles", profiles(20), profiles(21), at: ""),
        setting("rules of a profile", rules(10), rules(11), at: "[0].rules"),
        setting(
            "shortest cooldown", only(rule(cooldown: "PT1M")), only(rule(cooldown: "PT59S")),
            at: "[0].rules[0].scaleAction.cooldown"),
        setting(
            "longest cooldown", only(rule(cooldown: "P7D")), only(rule(cooldown: "P7DT1S")),
            at: "[0].rules[0].scaleAction.cooldown"),
        setting(
            "shortest window", only(rule(window: "PT5M")), only(rule(window: "PT4M")),
            at: "[0].rules[0].metricTrigger.timeWindow"),
        setting(
            "longest window", only(rule(window: "PT12H")), only(rule(window: "PT13H")),
            at: "[0].rules[0].metricTrigger.timeWindow"),
        setting("shortest grain", only(rule()), only(rule(grain: "PT30S")), at: "[0].rules[0].metricTrigger.timeGrain"),
        setting("one hour of a recurrence", weekly(), weekly(hours: "8, 20"), at: "[0].recurrence.schedule.hours"),
        setting(
            "one minute of a recurrence", weekly(), weekly(minutes: "0, 30"), at: "[0].recurrence.schedule.minutes"),
    ]

    @Test(arguments: deployments + rest) func `a limit holds exactly`(row: Row) throws {
        try row.read(body(row.allowed))
        let refused = try body(row.refused)
        let error = #expect(throws: ARMError.self) { try row.read(refused) }
        #expect(paths(error) == [row.path])
        #expect(error?.code.status == .badRequest)
    }

    @Test(arguments: [(3, 3, true), (32, 30, true), (30, 32, true), (32, 31, false), (32, 32, false)])
    func `on Kubernetes the names of endpoint and deployment have 62 characters together`(
        endpoint: Int, deployment: Int, isValid: Bool
    ) {
        let names = (String(repeating: "e", count: endpoint), String(repeating: "d", count: deployment))
        do {
            try ResourceName.checkTogether(endpoint: names.0, deployment: names.1)
            #expect(isValid)
        } catch {
            #expect(!isValid && error.code == .invalidResourceName)
        }
    }
}
