package import ControlPlane
package import Foundation

/// What the API serves.
package struct APIServices: Sendable {
    package let nouns: NounServices
    package let operations: OperationService
    package let templates: TemplateDeploymentService
    package let catalog: ResourceCatalogService
    /// The OpenAPI document as it is served.
    package let contract: Data
    package let checkHealth: @Sendable () async throws -> Void

    package init(
        nouns: NounServices, operations: OperationService, templates: TemplateDeploymentService,
        catalog: ResourceCatalogService, contract: Data, checkHealth: @escaping @Sendable () async throws -> Void
    ) {
        (self.nouns, self.operations, self.templates) = (nouns, operations, templates)
        (self.catalog, self.contract, self.checkHealth) = (catalog, contract, checkHealth)
    }
}
