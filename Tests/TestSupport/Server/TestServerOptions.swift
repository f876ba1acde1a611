package import Compute
package import ControlPlane
package import Foundation
package import Hosting
package import Logging
package import Postgres
package import Resources

/// What a ``TestServer`` is made of.
package struct TestServerOptions: Sendable {
    /// Makes the compute backend of one incarnation of the control plane out of its data directory.
    package typealias BackendFactory = @Sendable (URL, @escaping ArtifactFetch) async throws -> any ComputeBackend

    /// Router processes of the fleet.
    package var routers: Int
    /// How simulated replicas behave that don't say otherwise.
    package var behavior = SimulatedBehavior()
    /// Nil for simulated replicas.
    package var backend: BackendFactory?
    /// Breaks operations off.
    package var afterStep: OperationRunner.StepObserver = { _, _ in }
    /// Sees each step of a template deployment when it is begun and when it has ended, and may break it off.
    package var onTemplateStep: @Sendable (TemplateDeploymentStep) async throws -> Void = { _ in }
    /// A dead control plane's work is free again after the lease.
    package var queue = WorkQueueSettings(
        concurrency: 64, lease: .milliseconds(1_200), heartbeat: .milliseconds(300), pollInterval: .milliseconds(200),
        waitInPlace: .milliseconds(10))
    package var hosting = HostSettings(
        startProbeInterval: .milliseconds(10), stopGrace: .seconds(2), firstBackoff: .milliseconds(50),
        longestBackoff: .milliseconds(200), longestRemains: .seconds(6), sweepPause: .milliseconds(100),
        retryPause: .milliseconds(50))
    package var drainDeadline = Duration.seconds(3)
    package var operationDeadline = Duration.seconds(120)
    package var quota = QuotaLimits()
    package var scalingCalm = Duration.seconds(60)
    /// Lets statements of the control plane go wrong.
    package var faults: StatementFault.Source?
    package var logger: Logger

    package init(routers: Int = 1) {
        self.routers = routers
        let isLoud = ProcessInfo.processInfo.environment["SLUICE_TEST_LOG"] != nil
        logger = Logger(label: "test-server") { label in
            guard isLoud else { return SwiftLogNoOpLogHandler() }
            return StreamLogHandler.standardError(label: label)
        }
        if isLoud { logger.logLevel = .debug }
    }

    /// For tests of the API alone.
    package static let withoutRouters = TestServerOptions(routers: 0)
}
