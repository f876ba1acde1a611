import Dispatch
import Foundation
import Glibc
import Synchronization
import Testing

/// Runs the tests of a suite one after the other on a thread of its own, which lets all others go first.
///
/// For tests that compute and wait for nothing: on the pool's few threads, or with the same right to the cores, they
/// would keep everything else waiting, the routers of other tests included.
struct OwnThread: SuiteTrait, TestTrait, TestScoping {
    private final class Executor: TaskExecutor {
        private let jobs = Mutex<[UnownedJob]>([])
        private let available = DispatchSemaphore(value: 0)

        init() {
            let thread = Thread { [self] in
                lowerPriority(by: 10)
                while true { runNext() }
            }
            thread.stackSize = 8 << 20
            thread.start()
        }

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            jobs.withLock { $0.append(job) }
            available.signal()
        }

        private func runNext() {
            available.wait()
            let job = jobs.withLock { $0.removeFirst() }
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    private let executor = Executor()

    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(executor) { try await function() }
    }
}

extension Trait where Self == OwnThread {
    static var ownThread: OwnThread { OwnThread() }
}
