import Foundation
package import Resources

/// Settings come from the environment (`SLUICE_URL`, …) or from the file.
extension ClientSettings {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// The file that the caller names, if it names one; else the one of the environment or at its usual place, over
    /// which variables of the environment win.
    package static func load(
        credentials: String?, usualPlace: String? = nil, environment: [String: String]
    ) throws -> ClientSettings {
        if let credentials { return try read(credentials) }
        let path = environment["SLUICE_CREDENTIALS"] ?? usualPlace
        var settings = ClientSettings(
            url: "", tenantID: "", clientID: "", clientSecret: "", subscriptionID: "", resourceGroup: "", workspace: "")
        if let path { settings = try read(path) }
        settings.url = environment["SLUICE_URL"] ?? settings.url
        settings.caBundle = environment["SLUICE_CA_BUNDLE"] ?? settings.caBundle
        settings.tenantID = environment["SLUICE_TENANT_ID"] ?? settings.tenantID
        settings.clientID = environment["SLUICE_CLIENT_ID"] ?? settings.clientID
        settings.clientSecret = environment["SLUICE_CLIENT_SECRET"] ?? settings.clientSecret
        settings.subscriptionID = environment["SLUICE_SUBSCRIPTION_ID"] ?? settings.subscriptionID
        settings.resourceGroup = environment["SLUICE_RESOURCE_GROUP"] ?? settings.resourceGroup
        settings.workspace = environment["SLUICE_WORKSPACE"] ?? settings.workspace
        guard !settings.url.isEmpty, !settings.clientID.isEmpty else {
            throw Failure(
                description:
                    "No Sluice to talk to: give --credentials, or set SLUICE_CREDENTIALS to the file that `sluice up` names."
            )
        }
        return settings
    }

    /// The credentials file of this machine's installation, if it can be read: that of `SLUICE_DATA_DIRECTORY`, else one
    /// where an installation keeps it by itself.
    package static func usualPlace(environment: [String: String]) -> String? {
        let directories =
            environment["SLUICE_DATA_DIRECTORY"].flatMap { $0.isEmpty ? nil : [$0] }
            ?? ["/var/lib/sluice", NSHomeDirectory() + "/.sluice"]
        return directories.map { $0 + "/credentials.json" }.first { FileManager.default.isReadableFile(atPath: $0) }
    }

    private static func read(_ path: String) throws -> ClientSettings {
        do {
            return try JSONDecoder().decode(ClientSettings.self, from: Data(contentsOf: URL(filePath: path)))
        } catch {
            throw Failure(description: "The credentials file \(path) can't be read: \(error.localizedDescription)")
        }
    }

    /// ARM path of the workspace.
    package var workspacePath: String {
        "/subscriptions/\(subscriptionID)/resourceGroups/\(resourceGroup)/providers/Microsoft.MachineLearningServices/workspaces/\(workspace)"
    }

    /// ARM path of an online endpoint of the workspace.
    package func endpointPath(_ name: String) -> String { "\(workspacePath)/onlineEndpoints/\(name)" }

    /// ARM path of a deployment of an online endpoint.
    package func deploymentPath(_ endpoint: String, _ name: String) -> String {
        "\(endpointPath(endpoint))/deployments/\(name)"
    }
}
