package import Foundation

/// An autoscale setting: rules and schedules for the instance count of a deployment
/// (`Microsoft.Insights/autoscaleSettings`).
package struct AutoscaleSetting: NamedResource, Equatable {
    package var id: UUID
    package var resourceID: ResourceID
    package var location: String
    package var tags: [String: String]
    package var properties: AutoscaleProperties
    package var version: RowVersion
    package var audit: AuditTrail
    /// When it last changed a number of instances.
    package var lastScaledAt: Date?

    package init(
        id: UUID, resourceID: ResourceID, location: String, tags: [String: String], properties: AutoscaleProperties,
        version: RowVersion, audit: AuditTrail, lastScaledAt: Date? = nil
    ) {
        (self.id, self.resourceID, self.location, self.tags) = (id, resourceID, location, tags)
        (self.properties, self.version) = (properties, version)
        (self.audit, self.lastScaledAt) = (audit, lastScaledAt)
    }

    package var name: String { resourceID.name }
}

/// `properties` of an autoscale setting (2022-10-01 `AutoscaleSetting`).
package struct AutoscaleProperties: Sendable, Equatable, Codable {
    package var profiles: [AutoscaleProfile]
    package var notifications: [AutoscaleNotification]
    package var enabled: Bool
    package var name: String?
    /// ARM id of the deployment, as it was written.
    package var targetResourceUri: String
    package var targetResourceLocation: String?
}

/// `AutoscaleProfile`.
package struct AutoscaleProfile: Sendable, Equatable, Codable {
    package var name: String
    package var capacity: ScaleCapacity
    package var rules: [ScaleRule]
    package var fixedDate: ScheduledSpan?
    package var recurrence: ScheduleRecurrence?
}

/// `ScaleCapacity`: numbers that are texts on the wire.
package struct ScaleCapacity: Sendable, Equatable, Codable {
    package var minimum: String
    package var maximum: String
    package var `default`: String

    package var least: Int { Int(minimum) ?? 0 }
    package var most: Int { Int(maximum) ?? 0 }
    package var usual: Int { Int(`default`) ?? least }
}

/// `TimeWindow` of a profile that holds once.
package struct ScheduledSpan: Sendable, Equatable, Codable {
    package var timeZone: String?
    /// ISO 8601, as written: with an offset, or in the time zone.
    package var start: String
    package var end: String
}

/// `Recurrence`: the profile begins every week at these times.
package struct ScheduleRecurrence: Sendable, Equatable, Codable {
    package struct Schedule: Sendable, Equatable, Codable {
        package var timeZone: String
        package var days: [Weekday]
        package var hours: [Int]
        package var minutes: [Int]
    }

    package enum Weekday: String, Sendable, Codable, CaseIterable {
        case sunday = "Sunday"
        case monday = "Monday"
        case tuesday = "Tuesday"
        case wednesday = "Wednesday"
        case thursday = "Thursday"
        case friday = "Friday"
        case saturday = "Saturday"
    }

    package enum Frequency: String, Sendable, Codable, CaseIterable {
        case week = "Week"
    }

    package var frequency: Frequency
    package var schedule: Schedule
}

/// `ScaleRule`.
package struct ScaleRule: Sendable, Equatable, Codable {
    package var metricTrigger: MetricTrigger
    package var scaleAction: ScaleAction
}

/// `MetricTrigger`.
package struct MetricTrigger: Sendable, Equatable, Codable {
    package enum Statistic: String, Sendable, Codable, CaseIterable {
        case average = "Average"
        case min = "Min"
        case max = "Max"
        case sum = "Sum"
        case count = "Count"
    }

    package enum Aggregation: String, Sendable, Codable, CaseIterable {
        case average = "Average"
        case minimum = "Minimum"
        case maximum = "Maximum"
        case total = "Total"
        case count = "Count"
        case last = "Last"
    }

    package enum Comparison: String, Sendable, Codable, CaseIterable {
        case equals = "Equals"
        case notEquals = "NotEquals"
        case greaterThan = "GreaterThan"
        case greaterThanOrEqual = "GreaterThanOrEqual"
        case lessThan = "LessThan"
        case lessThanOrEqual = "LessThanOrEqual"

        package func holds(_ value: Double, _ threshold: Double) -> Bool {
            switch self {
            case .equals: value == threshold
            case .notEquals: value != threshold
            case .greaterThan: value > threshold
            case .greaterThanOrEqual: value >= threshold
            case .lessThan: value < threshold
            case .lessThanOrEqual: value <= threshold
            }
        }
    }

    package var metricName: String
    package var metricNamespace: String?
    package var metricResourceUri: String
    package var metricResourceLocation: String?
    package var timeGrain: ISODuration
    package var statistic: Statistic
    package var timeWindow: ISODuration
    package var timeAggregation: Aggregation
    package var `operator`: Comparison
    package var threshold: Double
    package var dividePerInstance: Bool
}

/// `ScaleAction`.
package struct ScaleAction: Sendable, Equatable, Codable {
    package enum Direction: String, Sendable, Codable, CaseIterable {
        case none = "None"
        case increase = "Increase"
        case decrease = "Decrease"
    }

    package enum Kind: String, Sendable, Codable, CaseIterable {
        case changeCount = "ChangeCount"
        case percentChangeCount = "PercentChangeCount"
        case exactCount = "ExactCount"
        case serviceAllowedNextValue = "ServiceAllowedNextValue"
    }

    package var direction: Direction
    package var type: Kind
    /// A number, as text.
    package var value: String
    package var cooldown: ISODuration
}

/// `AutoscaleNotification`: kept and shown; a change is written to the log with the addresses.
package struct AutoscaleNotification: Sendable, Equatable, Codable {
    package struct Email: Sendable, Equatable, Codable {
        package var sendToSubscriptionAdministrator: Bool
        package var sendToSubscriptionCoAdministrators: Bool
        package var customEmails: [String]
    }

    package struct Webhook: Sendable, Equatable, Codable {
        package var serviceUri: String
        package var properties: [String: String]
    }

    package enum Operation: String, Sendable, Codable, CaseIterable {
        case scale = "Scale"
    }

    package var operation: Operation
    package var email: Email?
    package var webhooks: [Webhook]
}
