/// Where a Sluice is and how to sign in: the file for clients (mode 0600) that the first start writes.
package struct ClientSettings: Sendable, Codable {
    package var url: String
    /// PEM file of the CA that signed the server's certificate.
    package var caBundle: String?
    package var tenantID: String
    package var clientID: String
    /// A secret.
    package var clientSecret: String
    package var subscriptionID: String
    package var resourceGroup: String
    package var workspace: String

    package init(
        url: String, caBundle: String? = nil, tenantID: String, clientID: String, clientSecret: String,
        subscriptionID: String, resourceGroup: String, workspace: String
    ) {
        (self.url, self.caBundle, self.tenantID) = (url, caBundle, tenantID)
        (self.clientID, self.clientSecret) = (clientID, clientSecret)
        (self.subscriptionID, self.resourceGroup) = (subscriptionID, resourceGroup)
        self.workspace = workspace
    }
}
