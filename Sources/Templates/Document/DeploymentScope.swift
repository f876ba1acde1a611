/// Where a template is deployed to, and where its resources' ids begin.
package struct DeploymentScope: Sendable, Hashable, Codable {
    package var subscriptionID: String
    /// Nil at subscription scope.
    package var resourceGroup: String?

    package init(subscriptionID: String, resourceGroup: String?) {
        (self.subscriptionID, self.resourceGroup) = (subscriptionID, resourceGroup)
    }

    /// Takes the id of a subscription or a resource group apart; nil for anything else.
    package init?(id: String) {
        let parts = id.split(separator: "/").map(String.init)
        switch parts.count {
        case 2 where parts[0].lowercased() == "subscriptions":
            self.init(subscriptionID: parts[1], resourceGroup: nil)
        case 4 where parts[0].lowercased() == "subscriptions" && parts[2].lowercased() == "resourcegroups":
            self.init(subscriptionID: parts[1], resourceGroup: parts[3])
        default: return nil
        }
    }

    package var id: String {
        let subscription = "/subscriptions/\(subscriptionID)"
        guard let resourceGroup else { return subscription }
        return "\(subscription)/resourceGroups/\(resourceGroup)"
    }
}
