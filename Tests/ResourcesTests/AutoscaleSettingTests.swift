import Foundation
import Resources
import Testing

@Suite struct AutoscaleSettingTests {
    private static let deployment =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/onlineEndpoints/e/deployments/blue"
    private static let endpoint =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/onlineEndpoints/e"

    static func rule(
        _ direction: String, _ comparison: String, _ threshold: Double, type: String = "ChangeCount",
        value: String = "1",
        metric: String = "CpuUtilizationPercentage", resource: String? = nil, cooldown: String = "PT5M",
        window: String = "PT10M", more: String = ""
    ) -> String {
        """
        {"metricTrigger": {"metricName": "\(metric)", "metricResourceUri": "\(resource ?? deployment)", "timeGrain": "PT1M",
            "statistic": "Average", "timeWindow": "\(window)", "timeAggregation": "Average", "operator": "\(comparison)",
            "threshold": \(threshold)\(more)},
         "scaleAction": {"direction": "\(direction)", "type": "\(type)", "value": "\(value)", "cooldown": "\(cooldown)"}}
        """
    }

    static func profile(
        _ name: String = "default", _ least: String = "1", _ most: String = "5", _ usual: String = "2",
        rules: [String] = [], more: String = ""
    ) -> String {
        """
        {"name": "\(name)", "capacity": {"minimum": "\(least)", "maximum": "\(most)", "default": "\(usual)"},
         "rules": [\(rules.joined(separator: ", "))]\(more)}
        """
    }

    static func request(_ profiles: [String], target: String = deployment, more: String = "") throws
        -> AutoscaleSettingRequest
    {
        let text = """
            {"location": "local", "properties": {"enabled": true, "targetResourceUri": "\(target)",
                "profiles": [\(profiles.joined(separator: ", "))]\(more)}}
            """
        return try AutoscaleSettingRequest(reading: BodyReader(root: try JSONParser.parse(text.utf8)))
    }

    private func decide(
        _ profiles: [String], current: Int, value: Double? = nil,
        now: Date = Date(timeIntervalSince1970: 1_790_000_000),
        lastScaledAt: Date? = nil
    ) throws -> ScalingDecision? {
        try Self.request(profiles).properties.decide(
            RuleInputs(current: current, now: now, lastScaledAt: lastScaledAt) { _ in value })
    }

    private static let cpu = [rule("Increase", "GreaterThan", 70), rule("Decrease", "LessThan", 30)]

    // MARK: Rules

    @Test(arguments: [
        // replicas, CPU, and the number afterwards
        (2, 90.0, 3), (2, 70, 2), (2, 50, 2), (2, 29, 1), (5, 99, 5), (1, 5, 1),
        // Half of them would have 56 each: fewer would not make the other rule fire.
        (3, 28, 2),
    ])
    func `a rule changes the number by one, within the capacity`(current: Int, value: Double, expected: Int) throws {
        let decision = try decide([Self.profile(rules: Self.cpu)], current: current, value: value)
        #expect((decision?.to ?? current) == expected)
        if let decision {
            #expect(decision.reason == .rule && decision.inputs.metric == "CpuUtilizationPercentage")
            #expect(decision.inputs.value == value && decision.inputs.profile == "default")
        }
    }

    @Test func `fewer instances that would be too few at once are not tried`() throws {
        let rules = [Self.rule("Increase", "GreaterThan", 50), Self.rule("Decrease", "LessThan", 40)]
        #expect(try decide([Self.profile(rules: rules)], current: 2, value: 35) == nil)
        #expect(try decide([Self.profile(rules: rules)], current: 4, value: 35)?.to == 3)
    }

    @Test(arguments: [
        ("ChangeCount", "2", 4, 6), ("PercentChangeCount", "50", 4, 6), ("PercentChangeCount", "1", 4, 5),
        ("ExactCount", "9", 4, 9), ("ServiceAllowedNextValue", "7", 4, 5),
    ])
    func `an action counts, takes a share, or names a number`(
        type: String, value: String, current: Int, expected: Int
    ) throws {
        let rules = [Self.rule("Increase", "GreaterThan", 70, type: type, value: value)]
        #expect(
            try decide([Self.profile("p", "1", "20", "1", rules: rules)], current: current, value: 80)?.to == expected)
    }

    @Test func `after a change a rule waits for its cooldown`() throws {
        let now = Date(timeIntervalSince1970: 1_790_000_000)
        let profiles = [Self.profile(rules: Self.cpu)]
        #expect(try decide(profiles, current: 2, value: 90, now: now, lastScaledAt: now - 299) == nil)
        #expect(try decide(profiles, current: 2, value: 90, now: now, lastScaledAt: now - 300)?.to == 3)
    }

    @Test func `out when any rule fires, in when all do`() throws {
        let rules = [
            Self.rule("Increase", "GreaterThan", 70),
            Self.rule("Increase", "GreaterThan", 500, value: "3", metric: "RequestsPerMinute"),
            Self.rule("Decrease", "LessThan", 30), Self.rule("Decrease", "LessThan", 100, metric: "RequestsPerMinute"),
        ]
        func decide(cpu: Double, requests: Double) throws -> Int? {
            try Self.request([Self.profile("p", "1", "9", "1", rules: rules)]).properties.decide(
                RuleInputs(current: 4, now: Date(), lastScaledAt: nil) {
                    $0.metricName == "RequestsPerMinute" ? requests : cpu
                })?.to
        }
        #expect(try decide(cpu: 90, requests: 10) == 5)
        #expect(try decide(cpu: 90, requests: 900) == 7)
        #expect(try decide(cpu: 10, requests: 300) == nil)
        #expect(try decide(cpu: 10, requests: 10) == 3)
    }

    @Test func `without data the number is left, unless it is below the default`() throws {
        #expect(try decide([Self.profile(rules: Self.cpu)], current: 3) == nil)
        let decision = try decide([Self.profile(rules: Self.cpu)], current: 1)
        #expect(decision?.to == 2 && decision?.reason == .profile)
    }

    @Test func `the capacity counts before any rule`() throws {
        #expect(try decide([Self.profile("p", "3", "5", "3")], current: 1)?.reason == .minimum)
        #expect(try decide([Self.profile("p", "1", "2", "1")], current: 4)?.to == 2)
    }

    // MARK: Schedules

    private static let fixed =
        #", "fixedDate": {"timeZone": "W. Europe Standard Time", "start": "2026-07-01T08:00:00Z", "end": "2026-07-01T18:00:00"}"#
    private static func weekly(_ days: String, _ hour: Int, zone: String = "Pacific Standard Time") -> String {
        #", "recurrence": {"frequency": "Week", "schedule": {"timeZone": "\#(zone)", "days": [\#(days)], "hours": [\#(hour)], "minutes": [30]}}"#
    }

    private func date(_ text: String) throws -> Date { try Date(text, strategy: .iso8601) }

    @Test(arguments: [
        ("2026-07-01T05:59:00Z", "default"), ("2026-07-01T06:00:00Z", "fair"), ("2026-07-01T15:59:00Z", "fair"),
        ("2026-07-01T16:00:00Z", "default"),
    ])
    func `a fixed date holds in its time zone`(now: String, expected: String) throws {
        let request = try Self.request([Self.profile(), Self.profile("fair", "4", "9", "4", more: Self.fixed)])
        #expect(request.properties.profile(at: try date(now))?.name == expected)
    }

    @Test(arguments: [
        // Monday 8:30 in Los Angeles is 15:30 in summer and 16:30 in winter.
        ("2026-07-06T15:29:00Z", "night"), ("2026-07-06T15:30:00Z", "day"), ("2026-07-07T03:29:00Z", "day"),
        ("2026-07-07T03:30:00Z", "night"), ("2026-01-05T16:29:00Z", "night"), ("2026-01-05T16:30:00Z", "day"),
        ("2026-07-11T12:00:00Z", "night"),
    ])
    func `a recurring profile holds until the next one begins`(now: String, expected: String) throws {
        let request = try Self.request([
            Self.profile("day", "3", "9", "3", more: Self.weekly(#""Monday", "tuesday""#, 8)),
            Self.profile("night", "1", "9", "1", more: Self.weekly(#""Monday", "Tuesday""#, 20)),
        ])
        #expect(request.properties.profile(at: try date(now))?.name == expected)
    }

    // MARK: Refusals

    @Test(arguments: [
        (profile("p", "3", "2", "2"), "$.properties.profiles[0].capacity.minimum"),
        (profile("p", "1", "2", "3"), "$.properties.profiles[0].capacity.default"),
        (profile("p", "many", "2", "2"), "$.properties.profiles[0].capacity.minimum"),
        (profile("p", "1", "51", "2"), "$.properties.profiles[0].capacity.maximum"),
        (profile(rules: [rule("Up", "GreaterThan", 1)]), "$.properties.profiles[0].rules[0].scaleAction.direction"),
        (
            profile(rules: [rule("Increase", "GreaterThan", 1, cooldown: "PT30S")]),
            "$.properties.profiles[0].rules[0].scaleAction.cooldown"
        ),
        (
            profile(rules: [rule("Increase", "GreaterThan", 1, window: "PT4M")]),
            "$.properties.profiles[0].rules[0].metricTrigger.timeWindow"
        ),
        (
            profile(rules: [rule("Increase", "GreaterThan", 1, metric: "Wind")]),
            "$.properties.profiles[0].rules[0].metricTrigger.metricName"
        ),
        (
            profile(rules: [rule("Increase", "GreaterThan", 1, resource: endpoint)]),
            "$.properties.profiles[0].rules[0].metricTrigger.metricName"
        ),
        (
            profile(rules: [rule("Increase", "GreaterThan", 1, resource: endpoint + "/deployments/green")]),
            "$.properties.profiles[0].rules[0].metricTrigger.metricResourceUri"
        ),
        (
            profile(rules: Array(repeating: rule("Increase", "GreaterThan", 1), count: 11)),
            "$.properties.profiles[0].rules"
        ),
        (profile(more: weekly(#""Moonday""#, 8)), "$.properties.profiles[0].recurrence.schedule.days[0]"),
        (profile(more: weekly(#""Monday""#, 24)), "$.properties.profiles[0].recurrence.schedule.hours[0]"),
        (
            profile(more: weekly(#""Monday""#, 8, zone: "Atlantis")),
            "$.properties.profiles[0].recurrence.schedule.timeZone"
        ),
        (
            profile(more: #", "fixedDate": {"start": "2026-07-02", "end": "2026-07-01T00:00:00Z"}"#),
            "$.properties.profiles[0].fixedDate.start"
        ),
        (
            profile(more: #", "fixedDate": {"start": "2026-07-02T00:00:00Z", "end": "2026-07-01T00:00:00Z"}"#),
            "$.properties.profiles[0].fixedDate.end"
        ),
    ])
    func `mistakes are named by their place`(profile: String, target: String) {
        let error = #expect(throws: ARMError.self) { try Self.request([profile]) }
        let targets = (error?.details ?? []).compactMap(\.target) + [error?.target].compactMap { $0 }
        #expect(targets.contains(target), "\(targets)")
    }

    @Test func `twenty-one profiles are too many, and none too few`() {
        for count in [0, 21] {
            let error = #expect(throws: ARMError.self) {
                try Self.request(Array(repeating: Self.profile(), count: count))
            }
            #expect(error?.target == "$.properties.profiles")
        }
    }

    @Test func `a patch changes what it names`() throws {
        let request = try Self.request([Self.profile(rules: Self.cpu)])
        let setting = AutoscaleSetting(
            id: UUID(), resourceID: .autoscaleSetting(subscription: "s", resourceGroup: "g", name: "a"),
            location: "local",
            tags: ["a": "b"], properties: request.properties, version: RowVersion(revision: 1, generation: 1),
            audit: AuditTrail(createdBy: "x", createdAt: Date(), lastModifiedBy: "x", lastModifiedAt: Date()))
        func patched(_ text: String) throws -> AutoscaleSettingRequest {
            try AutoscaleSettingPatch(reading: BodyReader(root: try JSONParser.parse(text.utf8))).applied(to: setting)
        }
        #expect(try patched(#"{"tags": {}}"#).tags.isEmpty && patched("{}").tags == ["a": "b"])
        #expect(try patched("{}").properties == request.properties)
        let off = try patched(#"{"properties": {"Enabled": false, "profiles": null}}"#).properties
        #expect(!off.enabled && off.profiles == request.properties.profiles)
        let other = try patched(#"{"properties": {"notifications": [{"operation": "Scale"}]}}"#).properties
        #expect(other.notifications.count == 1 && other.enabled && other.profiles == request.properties.profiles)
        #expect(throws: ARMError.self) { try patched(#"{"properties": {"profiles": []}}"#) }
    }

    @Test func `what is written is read back`() throws {
        let request = try Self.request(
            [Self.profile(rules: Self.cpu), Self.profile("fair", "4", "5", "4", more: Self.fixed)],
            more:
                #", "notifications": [{"operation": "scale", "email": {"customEmails": ["ops@example.org"]}, "webhooks": []}]"#
        )
        let encoded = try JSONEncoder().encode(request.properties)
        #expect(try JSONDecoder().decode(AutoscaleProperties.self, from: encoded) == request.properties)
        #expect(request.properties.profiles[0].capacity.minimum == "1")
        #expect(request.properties.notifications[0].email?.customEmails == ["ops@example.org"])
    }
}
