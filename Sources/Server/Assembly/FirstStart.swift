import API
import ControlPlane
import Foundation
import Logging
import Resources

/// What the first start makes: subscription, resource group, workspace, and a principal whose secret is written to
/// one file and nowhere else.
enum FirstStart {
    static func perform(
        _ configuration: ServerConfiguration, _ installation: Installation, _ assembly: ControlPlaneAssembly,
        logger: Logger
    ) async throws {
        let services = assembly.services
        try await services.scopes.ensureSubscription(installation.subscriptionID, displayName: "Sluice")
        let caller = Caller(objectID: UUID(), applicationID: "sluice", correlationID: UUID().uuidString.lowercased())
        let group = ResourceGroup(
            subscription: installation.subscriptionID, name: configuration.bootstrapResourceGroup,
            location: configuration.bootstrapLocation, tags: [:])
        let isThere = try await services.scopes.groupExists(
            caller: caller, subscription: installation.subscriptionID, name: group.name)
        if !isThere { _ = try await services.scopes.putGroup(caller: caller, group) }
        let id = ResourceID.workspace(
            subscription: installation.subscriptionID, resourceGroup: group.name, name: configuration.bootstrapWorkspace
        )
        let body = try JSONParser.parse(#"{"location":"\#(configuration.bootstrapLocation)","properties":{}}"#.utf8)
        _ = try await services.workspaces.put(
            caller: caller, id, try WorkspaceRequest(reading: BodyReader(root: body)), if: .none)
        try await writeCredentials(configuration, installation, assembly.principals, logger: logger)
    }

    private static func writeCredentials(
        _ configuration: ServerConfiguration, _ installation: Installation, _ principals: PrincipalService,
        logger: Logger
    ) async throws {
        let file = configuration.data.credentials
        // A file beside a database without principals is that of another database.
        let isKnown = try await !principals.list().isEmpty
        guard !isKnown || !FileManager.default.fileExists(atPath: file.path) else { return }
        let principal = try await principals.create(
            displayName: "first principal", roles: [.owner, .storageBlobDataOwner])
        let name = WorkspaceName(
            resourceGroup: configuration.bootstrapResourceGroup, workspace: configuration.bootstrapWorkspace)
        try ClientSettings(configuration, installation, principal, name).write(to: file)
        logger.info("credentials of the first principal written", metadata: ["credentials.file": "\(file.path)"])
    }
}
