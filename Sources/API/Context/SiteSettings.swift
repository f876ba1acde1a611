package import ControlPlane

/// What answers need to know of the installation.
package struct SiteSettings: Sendable {
    package var tenantID: String
    package var scoring: ScoringAddress
    /// Name of the artifact store's account; first part of its paths.
    package var storageAccount: String
    /// What clients put behind `{account}.blob.` to make a storage host.
    static let storageSuffix = "local"
    /// `https` or `http`: how this listener is reached.
    package var scheme: String
    /// Whether `x-forwarded-host` and `-proto` are believed.
    package var trustsForwardedHeaders: Bool

    package init(
        tenantID: String, scoring: ScoringAddress, storageAccount: String, scheme: String, trustsForwardedHeaders: Bool
    ) {
        (self.tenantID, self.scoring, self.storageAccount) = (tenantID, scoring, storageAccount)
        (self.scheme, self.trustsForwardedHeaders) = (scheme, trustsForwardedHeaders)
    }

    /// The account as clients must spell it to reach us: with our host before it, `https://{account}.blob.local/…` is a
    /// path-style URL here (`azure-clients.md` §5).
    func reachableAccount(_ context: any Rendering) -> String {
        let host = context.baseURL.drop { $0 != ":" }.dropFirst("://".count)
        return "\(host)/\(storageAccount)"
    }
}
