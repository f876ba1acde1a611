import ControlPlane
import Foundation
import Resources

/// Where a client starts: a resource group and a workspace in it.
package struct WorkspaceName: Sendable {
    package var resourceGroup: String
    package var workspace: String

    package init(resourceGroup: String, workspace: String) {
        (self.resourceGroup, self.workspace) = (resourceGroup, workspace)
    }
}

/// The file for clients, which an installation writes.
extension ClientSettings {
    init(
        _ configuration: ServerConfiguration, _ installation: Installation, _ principal: NewPrincipal,
        _ name: WorkspaceName
    ) {
        self.init(
            url: "https://\(configuration.httpsPublicAddress ?? configuration.https)",
            caBundle: configuration.data.authorityBundle.path, tenantID: installation.tenantID,
            clientID: principal.applicationID.uuidString.lowercased(), clientSecret: principal.secret,
            subscriptionID: installation.subscriptionID, resourceGroup: name.resourceGroup, workspace: name.workspace)
    }

    static func read(_ file: URL) throws -> ClientSettings {
        try JSONDecoder().decode(ClientSettings.self, from: Data(contentsOf: file))
    }

    func write(to file: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try DataDirectory.writeSecret(try encoder.encode(self), to: file)
    }
}
