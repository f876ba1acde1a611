package import Artifacts
import Foundation
package import Logging
package import Postgres
package import Resources
import Store

/// What everything about template deployments is built on.
package struct TemplateDeploymentParts: Sendable {
    package var database: Database
    package var access: AccessService
    package var providers: ResourceProviders
    package var artifacts: ArtifactStore
    /// The artifact store's account: linked templates live there.
    package var account: StorageAccount
    package var vault: SecretVault
    package var tenantID: String
    package var hub: SignalHub
    package var time: TimeSource
    package var logger: Logger
    /// Called when a step was begun and when it has ended. For tests that break off there.
    package var observe: @Sendable (TemplateDeploymentStep) async throws -> Void

    package init(
        database: Database, access: AccessService, providers: ResourceProviders, artifacts: ArtifactStore,
        account: StorageAccount,
        vault: SecretVault, tenantID: String, hub: SignalHub, time: TimeSource, logger: Logger,
        observe: @escaping @Sendable (TemplateDeploymentStep) async throws -> Void
    ) {
        (self.database, self.access, self.providers) = (database, access, providers)
        (self.artifacts, self.account, self.vault) = (artifacts, account, vault)
        (self.tenantID, self.hub, self.time) = (tenantID, hub, time)
        (self.logger, self.observe) = (logger, observe)
    }

    var compiler: TemplateCompiler {
        TemplateCompiler(
            database: database,
            links: TemplateLinks(
                database: database, artifacts: artifacts, account: account,
                signer: ContainerSigner(account: account, time: time)),
            providers: providers, tenantID: tenantID)
    }

    /// The plan of their operation.
    package var operations: TemplateDeploymentOperations {
        let runner = TemplateDeploymentRunner(
            database: database, compiler: compiler, access: access, providers: providers, vault: vault,
            time: time, observe: observe, logger: logger)
        return TemplateDeploymentOperations(runner: runner, time: time)
    }

    package func service(starter: OperationStarter, operations: OperationService) -> TemplateDeploymentService {
        TemplateDeploymentService(
            database: database, compiler: compiler, access: access, vault: vault, starter: starter,
            operations: operations, hub: hub,
            time: time)
    }
}
