import Foundation
import Resources
import Routing
import Store
import Testing

@testable import ControlPlane

@Suite struct RuleMetricsTests {
    private static let endpoint =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/onlineEndpoints/e"
    private static let deployment = endpoint + "/deployments/blue"
    private let now = Date(timeIntervalSince1970: 1_790_000_000)

    private func trigger(
        _ metric: String, resource: String = deployment, statistic: String = "Average", window: String = "PT5M",
        aggregation: String = "Average", more: String = ""
    ) throws -> MetricTrigger {
        let text = """
            {"location": "local", "properties": {"targetResourceUri": "\(Self.deployment)", "profiles": [{
              "name": "p", "capacity": {"minimum": "1", "maximum": "2", "default": "1"}, "rules": [{
                "metricTrigger": {"metricName": "\(metric)", "metricResourceUri": "\(resource)", "timeGrain": "PT1M",
                  "statistic": "\(statistic)", "timeWindow": "\(window)", "timeAggregation": "\(aggregation)",
                  "operator": "GreaterThan", "threshold": 1\(more)},
                "scaleAction": {"direction": "Increase", "type": "ChangeCount", "cooldown": "PT1M"}}]}]}}
            """
        let request = try AutoscaleSettingRequest(reading: BodyReader(root: try JSONParser.parse(text.utf8)))
        return try #require(request.properties.profiles.first?.rules.first?.metricTrigger)
    }

    /// The minute that began so many minutes ago.
    private func minute(_ ago: Int, _ change: (inout DeploymentMinute) -> Void) -> DeploymentMinute {
        var minute = DeploymentMinute(deploymentID: UUID(), minute: now.addingTimeInterval(-60 * Double(ago)))
        minute.readyReplicas = 2
        change(&minute)
        return minute
    }

    private func value(
        _ own: [DeploymentMinute], siblings: [[DeploymentMinute]] = [], _ trigger: MetricTrigger
    ) throws -> Double? {
        RuleMetrics(try #require(ResourceID(Self.deployment)), now, own, siblings).value(of: trigger)
    }

    @Test(arguments: [
        ("Average", "Average", 30.0), ("Max", "Average", 45), ("Max", "Maximum", 60), ("Average", "Minimum", 20),
        ("Average", "Last", 40), ("Average", "Total", 60), ("Average", "Count", 2), ("Sum", "Average", 60),
    ])
    func `a metric is combined over instances, then over time`(
        statistic: String, aggregation: String, expected: Double
    ) throws {
        let minutes = [(3, 20.0, 30.0), (1, 40, 60)].map { ago, mean, peak in
            minute(ago) { ($0.cpuMean, $0.cpuPeak) = (mean, peak) }
        }
        let trigger = try trigger("cpuutilizationpercentage", statistic: statistic, aggregation: aggregation)
        #expect(try value(minutes, trigger) == expected)
    }

    @Test func `what is older than the window does not count, and nothing is no value`() throws {
        let old = [minute(7) { $0.cpuMean = 90 }]
        #expect(try value(old, try trigger("CpuUtilizationPercentage")) == nil)
        #expect(try value(old, try trigger("CpuUtilizationPercentage", window: "PT10M")) == 90)
        #expect(try value([minute(1) { _ in }], try trigger("CpuUtilizationPercentage")) == nil)
        #expect(try value([minute(1) { _ in }], try trigger("RequestsPerMinute")) == 0)
    }

    @Test func `requests and latencies come from answers, of the deployment or of its endpoint`() throws {
        let own = minute(1) {
            $0.answers = [0, 90, 0, 10, 0]
            $0.durationSumMicroseconds = 200_000
            $0.latencies = Array(repeating: 0, count: LatencyBuckets.count)
            $0.latencies[2] = 90
            $0.latencies[5] = 10
        }
        let other = minute(1) {
            $0.answers = [0, 100, 0, 0, 0]
            $0.durationSumMicroseconds = 600_000
        }
        #expect(try value([own], try trigger("RequestsPerMinute")) == 100)
        #expect(try value([own], try trigger("RequestsPerMinute", more: #", "dividePerInstance": true"#)) == 50)
        #expect(try value([own], try trigger("RequestLatency")) == 2)
        let siblings = [[own, other]]
        #expect(try value([own], siblings: siblings, try trigger("RequestsPerMinute", resource: Self.endpoint)) == 200)
        #expect(try value([own], siblings: siblings, try trigger("RequestLatency", resource: Self.endpoint)) == 4)
        // The 90th of 100 is the slowest of up to 1 ms, the 95th in the middle of 4 to 8 ms.
        #expect(try value([own], try trigger("RequestLatency_P90")) == 1)
        #expect(try value([own], try trigger("RequestLatency_P95")) == 6)
    }
}
