/// Where a template is deployed to, and where its resources' ids begin.
package struct DeploymentScope: Sendable, Hashable, Codable {
    package var subscriptionID: String
    /// Nil at subscription scope.
    package var resourceGroup: String?

    package init(subscriptionID: String, resourceGroup: String?) {
        self.subscriptionID = subscriptionID
        self.resourceGroup = resourceGroup
    }

    package var id: String {
        let subscription = "/subscriptions/\(subscriptionID)"
        guard let resourceGroup else { return subscription }
        return "\(subscription)/resourceGroups/\(resourceGroup)"
    }
}
