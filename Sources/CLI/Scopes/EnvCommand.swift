package import ArgumentParser
import Client
import Foundation
import Resources

/// `sluice env`: what Azure's clients read, for the shell.
package struct EnvCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "env", abstract: "Print the variables that point Azure's clients at this Sluice.",
        discussion: """
            Example: eval "$(sluice env)"
            The output holds the principal's secret. AZURE_TENANT_ID is adfs so that azure-identity asks this Sluice, \
            and not the public cloud, who it is; the tenant's own id is SLUICE_TENANT_ID.
            """)

    @OptionGroup var connection: ConnectionOptions

    package init() {}

    package func run() throws {
        for (name, value) in Self.variables(try connection.settings()) {
            print("export \(name)='\(value.replacing("'", with: #"'\''"#))'")
        }
    }

    /// In the order in which they are printed.
    static func variables(_ settings: ClientSettings) -> [(name: String, value: String)] {
        var variables = [
            // The cloud, for azure-ai-ml.
            ("ARM_CLOUD_METADATA_URL", "\(settings.url)/metadata/endpoints?api-version=2019-05-01"),
            // Who calls, for DefaultAzureCredential().
            ("AZURE_AUTHORITY_HOST", settings.url), ("AZURE_TENANT_ID", "adfs"),
            ("AZURE_CLIENT_ID", settings.clientID), ("AZURE_CLIENT_SECRET", settings.clientSecret),
            // For az: nobody else is asked who this Sluice is.
            ("AZURE_CORE_INSTANCE_DISCOVERY", "false"),
            // The same and the rest for code that reads it itself, and for `sluice`.
            ("SLUICE_URL", settings.url), ("SLUICE_TENANT_ID", settings.tenantID),
            ("SLUICE_CLIENT_ID", settings.clientID), ("SLUICE_CLIENT_SECRET", settings.clientSecret),
            ("SLUICE_SUBSCRIPTION_ID", settings.subscriptionID), ("SLUICE_RESOURCE_GROUP", settings.resourceGroup),
            ("SLUICE_WORKSPACE", settings.workspace),
        ]
        if let bundle = settings.caBundle {
            let readers = ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "SLUICE_CA_BUNDLE"]
            variables += readers.map { ($0, bundle) }
        }
        return variables
    }
}
