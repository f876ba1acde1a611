/// What ``eventually(within:poll:_:)`` throws when the deadline passes.
package struct NotInTime: Error, CustomStringConvertible {
    package let description: String
}

/// Looks at something again and again until it holds; the look at the deadline decides.
package func eventually(
    within limit: Duration = .seconds(60), poll: Duration = .milliseconds(10), _ what: String = "the condition",
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw NotInTime(description: "not within \(limit): \(what)") }
        try await Task.sleep(for: poll)
    }
}
