/// What a wait throws when its time is over.
struct NotInTime: Error, CustomStringConvertible {
    let description: String
}

/// Looks at something again and again until it holds.
func wait(
    for what: String, within limit: Duration, every pause: Duration = .milliseconds(5),
    until isDone: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !isDone() {
        guard ContinuousClock.now < deadline else { throw NotInTime(description: "not within \(limit): \(what)") }
        try await Task.sleep(for: pause, tolerance: .zero)
    }
}
