import ControlPlane
import Foundation

/// Where a client starts: a resource group and a workspace in it.
package struct WorkspaceName: Sendable {
    package var resourceGroup: String
    package var workspace: String

    package init(resourceGroup: String, workspace: String) {
        (self.resourceGroup, self.workspace) = (resourceGroup, workspace)
    }
}

/// A file for clients (mode 0600): where the API is, and how a principal signs in.
package struct ClientCredentials: Sendable, Codable {
    package var url: String
    /// PEM file of the authorities to trust.
    package var caBundle: String
    package var tenantID: String
    package var clientID: String
    /// A secret.
    package var clientSecret: String
    package var subscriptionID: String
    package var resourceGroup: String
    package var workspace: String

    init(
        _ configuration: ServerConfiguration, _ installation: Installation, _ principal: NewPrincipal,
        _ name: WorkspaceName
    ) {
        url = "https://\(configuration.httpsPublicAddress ?? configuration.https)"
        caBundle = configuration.data.authorityBundle.path
        tenantID = installation.tenantID
        clientID = principal.applicationID.uuidString.lowercased()
        clientSecret = principal.secret
        subscriptionID = installation.subscriptionID
        resourceGroup = name.resourceGroup
        workspace = name.workspace
    }

    static func read(_ file: URL) throws -> ClientCredentials {
        try JSONDecoder().decode(ClientCredentials.self, from: Data(contentsOf: file))
    }

    func write(to file: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try DataDirectory.writeSecret(try encoder.encode(self), to: file)
    }
}
