/// Bounds and target of a deployment that scales by utilization (`scaleSettings` of type `TargetUtilization`).
package struct UtilizationSettings: Sendable, Equatable, Codable {
    package var minimum: Int
    package var maximum: Int
    /// Utilization that is kept to, 1 to 100.
    package var targetPercent: Int
    /// Least time between two scale-outs, in milliseconds.
    package var pollingMs: Int64
    /// How long the load must have been low before replicas are taken away, in milliseconds.
    package var calmMs: Int64

    package init(minimum: Int, maximum: Int, targetPercent: Int = 70, pollingMs: Int64 = 1_000, calmMs: Int64 = 60_000)
    {
        (self.minimum, self.maximum, self.targetPercent) = (minimum, maximum, targetPercent)
        (self.pollingMs, self.calmMs) = (pollingMs, calmMs)
    }

    /// Nil for a fixed count.
    package init?(_ settings: ScaleSettings) {
        guard settings.scaleType == .targetUtilization else { return nil }
        self.init(
            minimum: settings.minInstances ?? 1, maximum: settings.maxInstances ?? 1,
            targetPercent: settings.targetUtilizationPercentage ?? 70,
            pollingMs: Int64(settings.pollingInterval?.milliseconds ?? 1_000))
    }

    package func clamp(_ count: Int) -> Int { min(max(count, minimum), maximum) }

    /// Fewest replicas that bear a load at the target utilization, not bounded.
    package func replicas(for load: Double) -> Int {
        // A load that is a whole number of targets must not ask for one replica more because of rounding.
        Int(clamping: (load * 100 / Double(targetPercent) - 1e-9).rounded(.up))
    }
}

/// Decides by utilization how many replicas a deployment has, as Azure's inference router does:
///
/// `utilization = (busy replicas + queued requests) / replicas`
///
/// (learn.microsoft.com, "Azure Machine Learning inference router"). Above the target it orders more at once; below it, it
/// takes away what the whole last minute had no use for. How many more, the page leaves open:
///
/// - As many as keep the target with what arrives, however long the line: a line grows by itself while replicas start, and
///   says little of what they have to bear. Of the line counts what must be served to end it soon.
/// - A reversal, scaling out soon after scaling in, makes the next scale-in wait twice as long, up to sixteen times.
package struct UtilizationScaler: Sendable {
    private var window: LoadWindow
    private var settings: UtilizationSettings
    private var lastOutAt: Int64?
    private var lastInAt: Int64?
    /// By how much the calm time is stretched.
    private var patience: Int64 = 1
    /// When replicas were ordered that are not ready yet.
    private var orderedAt: Int64?
    /// How long the last ones took to be ready, in milliseconds.
    private var startMs: Int64 = 0

    private static let longestPatience: Int64 = 16
    /// In calm times: how soon after a scale-in a scale-out is a reversal, and after how long without one patience ends.
    private static let reversalSpan: Int64 = 5
    private static let quietSpan: Int64 = 10
    /// A line is to end within this time and that of starting a replica.
    private static let lineMs: Int64 = 10_000

    package init(_ settings: UtilizationSettings) {
        self.settings = settings
        window = LoadWindow(span: settings.calmMs * Self.longestPatience)
    }

    /// What the scaler sees now, for whoever shows it.
    package var load: LoadWindow { window }

    /// New bounds count from now on; what was seen of the load stays.
    package mutating func use(_ settings: UtilizationSettings) {
        guard settings != self.settings else { return }
        if settings.calmMs != self.settings.calmMs { window = LoadWindow(span: settings.calmMs * Self.longestPatience) }
        self.settings = settings
    }

    /// Takes a sample and says whether the number changes.
    ///
    /// - Parameters:
    ///   - current: how many replicas are ordered, those that are starting too.
    ///   - ready: how many of them can serve.
    package mutating func decide(_ sample: LoadSample, current: Int, ready: Int) -> ScalingDecision? {
        window.add(sample)
        if let ordered = orderedAt, ready >= current {
            startMs = sample.at - ordered
            orderedAt = nil
        }
        if current < settings.minimum { return change(current, to: settings.minimum, .minimum, sample.at) }
        if current > settings.maximum { return change(current, to: settings.maximum, .maximum, sample.at) }
        if let decision = scaleOut(current: current, ready: ready, at: sample.at) { return decision }
        return scaleIn(current: current, at: sample.at)
    }

    private mutating func scaleOut(current: Int, ready: Int, at now: Int64) -> ScalingDecision? {
        let load = window.load
        guard current < settings.maximum, load * 100 > Double(settings.targetPercent * current) else { return nil }
        if let lastOutAt, now - lastOutAt < settings.pollingMs { return nil }
        // Whatever is above the target gets one more, unless those that start are to serve it.
        let isStarting = ready < current
        var wanted = max(isStarting ? current : current + 1, settings.replicas(for: demand(isStarting: isStarting)))
        // The first replica shows how long a request takes; until then one is enough to order.
        if current == 0, window.offered == nil { wanted = 1 }
        wanted = settings.clamp(wanted)
        guard wanted > current else { return nil }
        if current == 0 { lastInAt = nil }
        if let lastInAt, now - lastInAt < settings.calmMs * patience * Self.reversalSpan {
            patience = min(patience * 2, Self.longestPatience)
        }
        lastOutAt = now
        orderedAt = orderedAt ?? now
        return change(current, to: wanted, current == 0 ? .woken : .overload, now)
    }

    /// Replicas' worth of work to be ready for; at most the numerator of the utilization.
    private func demand(isStarting: Bool) -> Double {
        guard let offered = window.offered, let seconds = window.requestSeconds else {
            return isStarting ? window.busy : window.load
        }
        let arriving = max(offered, window.busy)
        if isStarting { return arriving }
        let share = min(1, seconds * 1_000 / Double(Self.lineMs + startMs))
        return arriving + window.queued * share
    }

    private mutating func scaleIn(current: Int, at now: Int64) -> ScalingDecision? {
        let calm = settings.calmMs * patience
        guard current > settings.minimum, let peak = window.peak(of: calm, until: now) else { return nil }
        let wanted = settings.clamp(settings.replicas(for: peak))
        guard wanted < current else { return nil }
        // A long quiet time shows that the reversals are over.
        if let lastOutAt, now - lastOutAt > calm * Self.quietSpan { patience = max(1, patience / 2) }
        lastInAt = now
        return change(current, to: wanted, wanted == 0 ? .idle : .calm, now)
    }

    private func change(_ from: Int, to count: Int, _ reason: ScalingReason, _ now: Int64) -> ScalingDecision {
        ScalingDecision(
            from: from, to: count, reason: reason,
            inputs: ScalingInputs(
                busy: window.busy, queued: window.queued, peak: window.peak(of: settings.calmMs * patience, until: now),
                targetPercent: settings.targetPercent, minimum: settings.minimum, maximum: settings.maximum))
    }
}
