import ArgumentParser
import Client
import Resources

/// The resource group that a command works in.
struct GroupOption: ParsableArguments {
    @Option(name: [.customShort("g"), .long], help: "Resource group; by default that of the credentials.")
    var resourceGroup: String?

    func path(_ settings: ClientSettings) -> String {
        "/subscriptions/\(settings.subscriptionID)/resourceGroups/\(resourceGroup ?? settings.resourceGroup)"
    }
}
