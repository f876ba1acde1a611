/// Where tokens come from and whom they are for.
package struct SignInSettings: Sendable {
    /// The one tenant of this installation.
    package var tenantID: String
    /// `https://host:port` of every address that the API is configured to be reached by. What a request says of its own
    /// host counts for nothing.
    package var apiAddresses: [String]
    /// Lifetime of access tokens.
    package var tokenLifetime: Duration
    /// Lifetime of endpoint tokens (`AMLToken`).
    package var endpointTokenLifetime: Duration

    package init(
        tenantID: String, apiAddresses: [String] = [], tokenLifetime: Duration = .seconds(3_600),
        endpointTokenLifetime: Duration = .seconds(43_200)
    ) {
        (self.tenantID, self.apiAddresses) = (tenantID, apiAddresses)
        (self.tokenLifetime, self.endpointTokenLifetime) = (tokenLifetime, endpointTokenLifetime)
    }

    /// Hosts of these addresses, with their ports; nil where none is configured.
    package var apiHosts: Set<String>? {
        apiAddresses.isEmpty ? nil : Set(apiAddresses.compactMap { $0.split(separator: "/").last.map(String.init) })
    }

    /// `aud` of all tokens that scoring URIs take.
    package static let scoringAudience = "https://ml.azure.com"

    /// `iss` of every token: a name, not an address, so that it holds for each host name the API is reached by.
    package var issuer: String { "https://sluice.invalid/\(tenantID)/v2.0" }

    /// Audiences of the tokens that a door takes.
    package func audiences(of door: SignInDoor) -> [String] {
        switch door {
        case .management:
            apiAddresses + ["https://management.azure.com", "https://management.core.windows.net"]
        case .storage: ["https://storage.azure.com"]
        }
    }

    /// Whether a path's tenant is this one; `adfs` and the two common ones are what clients say who know no tenant.
    package func isTenant(_ name: String) -> Bool {
        [tenantID, "adfs", "common", "organizations"].contains { $0.isSameWord(as: name) }
    }
}

/// Doors that principals' tokens open. A token for one opens no other.
package enum SignInDoor: Sendable {
    /// Azure Resource Manager.
    case management
    /// The Blob service.
    case storage
}
