package import Foundation

/// What a setting decides from: the present number and what the metrics say.
package struct RuleInputs: Sendable {
    package var current: Int
    package var now: Date
    package var lastScaledAt: Date?
    /// The value of a trigger's metric over its window; nil without data.
    package var value: @Sendable (MetricTrigger) -> Double?

    package init(
        current: Int, now: Date, lastScaledAt: Date?, value: @escaping @Sendable (MetricTrigger) -> Double?
    ) {
        (self.current, self.now) = (current, now)
        (self.lastScaledAt, self.value) = (lastScaledAt, value)
    }
}

extension AutoscaleProperties {
    /// The number of instances that the profile in force and its rules ask for; nil to leave it.
    ///
    /// Out when any rule fires, by the one that adds most; in when all rules for it fire, by the one that takes least, and
    /// not when fewer instances would make a rule fire that adds some (learn.microsoft.com, "Autoscale flapping").
    package func decide(_ inputs: RuleInputs) -> ScalingDecision? {
        guard enabled, let profile = profile(at: inputs.now) else { return nil }
        let (least, most) = (profile.capacity.least, profile.capacity.most)
        if inputs.current < least { return decision(profile, inputs, to: least, .minimum) }
        if inputs.current > most { return decision(profile, inputs, to: most, .maximum) }
        let readings = profile.rules.map { (rule: $0, value: inputs.value($0.metricTrigger)) }
        if !readings.isEmpty, readings.allSatisfy({ $0.value == nil }) {
            guard inputs.current < profile.capacity.usual else { return nil }
            return decision(profile, inputs, to: profile.capacity.usual, .profile)
        }
        let decisions = [
            scaleOut(profile, inputs, readings), scaleIn(profile, inputs, readings),
        ]
        return decisions.compactMap { $0 }.first
    }

    private typealias Reading = (rule: ScaleRule, value: Double?)

    private func scaleOut(
        _ profile: AutoscaleProfile, _ inputs: RuleInputs, _ readings: [Reading]
    ) -> ScalingDecision? {
        let fired = readings.filter { $0.rule.scaleAction.direction == .increase && Self.fires($0) }
        let counts = fired.filter { inputs.isCool($0.rule) }
            .map { (count: $0.rule.scaleAction.applied(to: inputs.current), reading: $0) }
        guard let most = counts.max(by: { $0.count < $1.count }) else { return nil }
        let count = min(most.count, profile.capacity.most)
        guard count > inputs.current else { return nil }
        return decision(profile, inputs, to: count, .rule, most.reading)
    }

    private func scaleIn(
        _ profile: AutoscaleProfile, _ inputs: RuleInputs, _ readings: [Reading]
    ) -> ScalingDecision? {
        let isOverloaded = readings.contains { $0.rule.scaleAction.direction == .increase && Self.fires($0) }
        let rules = readings.filter { $0.rule.scaleAction.direction == .decrease }
        guard !isOverloaded, !rules.isEmpty, rules.allSatisfy({ Self.fires($0) && inputs.isCool($0.rule) }) else {
            return nil
        }
        let counts = rules.map { (count: $0.rule.scaleAction.applied(to: inputs.current), reading: $0) }
        guard let least = counts.max(by: { $0.count < $1.count }) else { return nil }
        let count = max(least.count, profile.capacity.least)
        guard count < inputs.current, !wouldFlap(inputs.current, count, readings) else { return nil }
        return decision(profile, inputs, to: count, .rule, least.reading)
    }

    /// Whether the same work on fewer instances would make a rule fire that adds some.
    private func wouldFlap(_ current: Int, _ count: Int, _ readings: [Reading]) -> Bool {
        readings.contains { reading in
            guard reading.rule.scaleAction.direction == .increase, let value = reading.value,
                [.greaterThan, .greaterThanOrEqual].contains(reading.rule.metricTrigger.operator),
                reading.rule.metricTrigger.growsWithFewerInstances
            else { return false }
            let projected = value * Double(current) / Double(max(1, count))
            return reading.rule.metricTrigger.operator.holds(projected, reading.rule.metricTrigger.threshold)
        }
    }

    private static func fires(_ reading: Reading) -> Bool {
        guard let value = reading.value else { return false }
        return reading.rule.metricTrigger.operator.holds(value, reading.rule.metricTrigger.threshold)
    }

    private func decision(
        _ profile: AutoscaleProfile, _ inputs: RuleInputs, to count: Int, _ reason: ScalingReason,
        _ reading: Reading? = nil
    ) -> ScalingDecision {
        let trigger = reading?.rule.metricTrigger
        return ScalingDecision(
            from: inputs.current, to: count, reason: reason,
            inputs: ScalingInputs(
                minimum: profile.capacity.least, maximum: profile.capacity.most, profile: profile.name,
                metric: trigger?.metricName, value: reading?.value,
                condition: trigger.map { "\($0.metricName) \($0.operator.rawValue) \($0.threshold)" }))
    }
}

extension RuleInputs {
    fileprivate func isCool(_ rule: ScaleRule) -> Bool {
        guard let lastScaledAt else { return true }
        return now.timeIntervalSince(lastScaledAt) * 1_000 >= Double(rule.scaleAction.cooldown.milliseconds)
    }
}

extension MetricTrigger {
    /// Utilizations, and whatever is divided by the instances; the number of requests and their times are not.
    fileprivate var growsWithFewerInstances: Bool {
        dividePerInstance || metricName.lowercased().hasSuffix("percentage")
    }
}

extension ScaleAction {
    /// Largest `value`, a number of instances or a percentage.
    static let valueLimit = 1_000

    /// The number of instances after the action.
    fileprivate func applied(to current: Int) -> Int {
        let amount = min(max(0, Int(value) ?? 1), Self.valueLimit)
        let sign = direction == .increase ? 1 : -1
        switch type {
        case .exactCount: return amount
        case .changeCount: return current + sign * amount
        case .serviceAllowedNextValue: return current + sign
        case .percentChangeCount:
            return current + sign * max(1, Int((Double(current * amount) / 100).rounded()))
        }
    }
}
