/// Hands out connections, at most `limit` at once; the rest wait in order, for a bounded time.
actor ConnectionPool {
    private struct Waiter {
        let id: Int
        let deadline: ContinuousClock.Instant
        let continuation: CheckedContinuation<Connection?, any Error>
    }

    private let settings: ConnectionSettings
    private let limit: Int
    private let watch: SilenceWatch
    private var idle: [Connection] = []
    private var inUse = 0
    private var waiters: [Waiter] = []
    private var nextWaiterID = 0
    private var expiry: Task<Void, Never>?
    private var isClosed = false

    private static let waitLimit = Duration.seconds(10)
    /// More waiters than this are refused at once.
    private static let waiterLimit = 4_096

    init(settings: ConnectionSettings, limit: Int) {
        (self.settings, self.limit) = (settings, limit)
        watch = SilenceWatch(settings: settings)
    }

    nonisolated func withConnection<Result: Sendable>(
        _ body: @Sendable (Connection) async throws -> Result
    ) async throws -> Result {
        let connection = try await acquire()
        do {
            let result = try await body(connection)
            await release(connection)
            return result
        } catch {
            await release(connection)
            throw error
        }
    }

    func close() {
        isClosed = true
        idle.removeAll()
    }

    private func acquire() async throws -> Connection {
        guard !isClosed else { throw PostgresError(.unavailable, "the pool is closed") }
        if let connection = idle.popLast() {
            inUse += 1
            return connection
        }
        if inUse < limit {
            return try await open()
        }
        // Nil means: a place became free, open a connection of your own.
        if let connection = try await waitForRelease() { return connection }
        return try await open(placeIsTaken: true)
    }

    private func open(placeIsTaken: Bool = false) async throws -> Connection {
        if !placeIsTaken { inUse += 1 }
        do {
            let connection = try await Connection.open(settings)
            await watch.add(connection.activity)
            return connection
        } catch {
            giveBackPlace()
            throw error
        }
    }

    private func waitForRelease() async throws -> Connection? {
        guard waiters.count < Self.waiterLimit else {
            throw PostgresError(.poolExhausted, "\(waiters.count) callers already wait for a connection")
        }
        let id = nextWaiterID
        nextWaiterID += 1
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                waiters.append(Waiter(id: id, deadline: .now + Self.waitLimit, continuation: continuation))
                watchDeadlines()
            }
        } onCancel: {
            Task { await self.cancel(id) }  // a cancellation handler is synchronous
        }
    }

    /// One timer for all who wait: a timer for each would be left to the runtime for its whole time when the wait ends.
    private func watchDeadlines() {
        guard expiry == nil else { return }
        expiry = Task { [weak self] in  // ends when nobody waits any more
            while let pause = await self?.expireDue() {
                try? await Task.sleep(for: pause)  // nobody cancels it
            }
        }
    }

    /// Refuses who waited too long, and tells when the next one will have; nil when nobody waits.
    private func expireDue() -> Duration? {
        // They wait equally long, so the first one is due first.
        while let first = waiters.first, first.deadline <= .now {
            waiters.removeFirst().continuation.resume(
                throwing: PostgresError(.poolExhausted, "no connection became free in time"))
        }
        guard let first = waiters.first else {
            expiry = nil
            return nil
        }
        return first.deadline - .now
    }

    private func cancel(_ id: Int) {
        remove(id)?.continuation.resume(throwing: CancellationError())
    }

    private func remove(_ id: Int) -> Waiter? {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return nil }
        return waiters.remove(at: index)
    }

    private func release(_ connection: Connection) {
        guard connection.isUsable, !isClosed else {
            giveBackPlace()
            return
        }
        if waiters.isEmpty {
            inUse -= 1
            idle.append(connection)
        } else {
            waiters.removeFirst().continuation.resume(returning: connection)
        }
    }

    /// A connection was lost: its place goes to the next waiter, who opens a new one.
    private func giveBackPlace() {
        if waiters.isEmpty {
            inUse -= 1
        } else {
            waiters.removeFirst().continuation.resume(returning: nil)
        }
    }
}
