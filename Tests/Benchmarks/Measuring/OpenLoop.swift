/// Starts calls at a fixed rate, however long each takes, as many independent clients would.
enum OpenLoop {
    static func run(
        rate: Int, count: Int, _ call: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> Samples {
        let samples = SharedSamples()
        let start = ContinuousClock.now
        try await withThrowingDiscardingTaskGroup { group in
            for index in 0..<count {
                try await Task.sleep(until: start + .seconds(1) * index / rate, tolerance: .zero, clock: .continuous)
                group.addTask {
                    let began = ContinuousClock.now
                    try await call(index)
                    samples.add(ContinuousClock.now - began)
                }
            }
        }
        return samples.all
    }
}
