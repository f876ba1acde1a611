import Resources

/// The response of a deployment's `load`, as far as it can be played through again.
struct RecordedLoad {
    /// Beginning of the first minute, as the API returns it.
    let start: String
    /// Requests that arrived in each second.
    let arrivals: [Int]
    /// Mean time inside a replica, in milliseconds.
    let requestMs: Int64
    /// Ready replicas of each minute, and the mean utilization.
    let replicas: [Double]
    let utilization: [Double]

    private static let secondsPerMinute = 60

    /// Nil when no request was recorded.
    init?(_ response: JSONValue?) {
        guard let minutes = response?["value"]?.elements, let first = minutes.first?["minute"]?.text else { return nil }
        start = first
        arrivals = minutes.flatMap { minute -> [Int] in
            let counts = (minute["arrivals"]?.elements ?? []).map { Int(clamping: $0.real ?? 0) }
            return counts.count == Self.secondsPerMinute
                ? counts : Array(repeating: 0, count: Self.secondsPerMinute)
        }
        replicas = minutes.map { $0["readyReplicas"]?.real ?? 0 }
        utilization = minutes.map { $0["utilizationMean"]?.real ?? 0 }
        var spent = 0.0
        var count = 0.0
        for minute in minutes {
            guard let mean = minute["requestMilliseconds"]?.real else { continue }
            let answers = (minute["answers"]?.elements ?? []).reduce(0) { $0 + ($1.real ?? 0) }
            spent += mean * answers
            count += answers
        }
        guard count > 0 else { return nil }
        requestMs = max(1, Int64(clamping: (spent / count).rounded()))
    }
}
