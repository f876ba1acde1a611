/// Why the number of replicas changed.
package enum ScalingReason: String, Sendable, Codable, CaseIterable {
    /// Utilization is above the target.
    case overload = "Overload"
    /// A request came while there was no replica.
    case woken = "Woken"
    /// The load of the last minute needs fewer.
    case calm = "Calm"
    /// There was no request for a minute.
    case idle = "Idle"
    /// There were fewer than the settings allow, or more.
    case minimum = "Minimum"
    case maximum = "Maximum"
    /// A rule of an autoscale setting fired.
    case rule = "Rule"
    /// Another profile of an autoscale setting began.
    case profile = "Profile"
    /// Somebody wrote another number.
    case manual = "Manual"
}

/// What a decision was made from. Loads are in replicas, see ``LoadSample``.
package struct ScalingInputs: Sendable, Equatable, Codable {
    package var busy: Double?
    package var queued: Double?
    /// Highest load of the time that is looked back on before replicas are taken away.
    package var peak: Double?
    package var targetPercent: Int?
    package var minimum: Int?
    package var maximum: Int?
    /// Of an autoscale setting: its id, the profile in force, and the rule that fired with what it saw.
    package var setting: String?
    package var profile: String?
    package var metric: String?
    package var value: Double?
    package var condition: String?

    package init(
        busy: Double? = nil, queued: Double? = nil, peak: Double? = nil, targetPercent: Int? = nil,
        minimum: Int? = nil, maximum: Int? = nil, setting: String? = nil, profile: String? = nil,
        metric: String? = nil, value: Double? = nil, condition: String? = nil
    ) {
        (self.busy, self.queued, self.peak) = (busy, queued, peak)
        (self.targetPercent, self.minimum, self.maximum) = (targetPercent, minimum, maximum)
        (self.setting, self.profile, self.metric) = (setting, profile, metric)
        (self.value, self.condition) = (value, condition)
    }
}

/// Another number of replicas, and why.
package struct ScalingDecision: Sendable, Equatable {
    package var from: Int
    package var to: Int
    package var reason: ScalingReason
    package var inputs: ScalingInputs

    package init(from: Int, to: Int, reason: ScalingReason, inputs: ScalingInputs) {
        (self.from, self.to, self.reason, self.inputs) = (from, to, reason, inputs)
    }
}
