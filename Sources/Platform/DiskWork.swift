package import Dispatch

/// Runs blocking work on a disk, such as on a tree of files, on Dispatch's threads: the cooperative pool has one per core,
/// and all asynchronous code waits behind a blocked one.
package enum DiskWork {
    package static func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try work() }) }
        }
    }

    package static func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: work()) }
        }
    }

    /// Where serial queues for such work run as well; its threads are bounded.
    package static var queue: DispatchQueue { .global(qos: .userInitiated) }
}
