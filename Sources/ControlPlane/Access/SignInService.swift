package import Foundation
package import Identity
package import Postgres
package import Resources
import Store

/// Where tokens come from and whom they are for.
package struct SignInSettings: Sendable {
    /// The one tenant of this installation.
    package var tenantID: String
    /// Lifetime of access tokens.
    package var tokenLifetime: Duration
    /// Lifetime of endpoint tokens (`AMLToken`).
    package var endpointTokenLifetime: Duration

    package init(
        tenantID: String, tokenLifetime: Duration = .seconds(3_600), endpointTokenLifetime: Duration = .seconds(43_200)
    ) {
        self.tenantID = tenantID
        self.tokenLifetime = tokenLifetime
        self.endpointTokenLifetime = endpointTokenLifetime
    }

    /// `aud` of all tokens that scoring URIs take.
    static let scoringAudience = "https://ml.azure.com"

    /// `iss` of every token: a name, not an address, so that it holds for each host name the API is reached by.
    package var issuer: String { "https://sluice.invalid/\(tenantID)/v2.0" }
}

/// A failed sign-in, as OAuth 2.0 names it (RFC 6749 §5.2).
package struct SignInError: Error, Sendable, Equatable {
    package enum Code: String, Sendable {
        case invalidRequest = "invalid_request"
        case invalidClient = "invalid_client"
        case unsupportedGrantType = "unsupported_grant_type"
        case invalidScope = "invalid_scope"
    }

    package var code: Code
    package var message: String

    package init(code: Code, message: String) {
        self.code = code
        self.message = message
    }
}

/// An access token as the token endpoint hands it out.
package struct AccessToken: Sendable, Equatable {
    package var token: String
    package var lifetimeSeconds: Int
    package var expiresAt: Date
}

/// Principals, their sign-in by client credentials, and the checking of their tokens.
package struct SignInService: Sendable {
    private let database: Database
    private let keys: KeyRing
    private let settings: SignInSettings
    private let time: TimeSource

    package init(database: Database, keys: KeyRing, settings: SignInSettings, time: TimeSource = .system) {
        self.database = database
        self.keys = keys
        self.settings = settings
        self.time = time
    }

    package var jsonWebKeys: [JSONWebKey] { keys.jsonWebKeys }
    package var issuer: String { settings.issuer }
    package var tenantID: String { settings.tenantID }

    /// Signs a principal in; `scope` is `<audience>/.default`, whose audience the token gets.
    package func signIn(clientID: String, clientSecret: String, scope: String) async throws -> AccessToken {
        guard scope.hasSuffix("/.default"), scope.count > "/.default".count, scope.count < 1_024 else {
            throw SignInError(code: .invalidScope, message: "The scope must be an audience followed by /.default.")
        }
        let audience = String(scope.dropLast("/.default".count))
        // The same answer for an unknown client and a wrong secret.
        let refusal = SignInError(code: .invalidClient, message: "The client id or the client secret is not valid.")
        guard let applicationID = UUID(uuidString: clientID),
            let principal = try await PrincipalStore(database).findEnabled(applicationID: applicationID),
            SecretHash(stored: principal.secretHash).matches(clientSecret)
        else { throw refusal }
        let now = time.now()
        let expiresAt = now.addingTimeInterval(TimeInterval(settings.tokenLifetime.components.seconds))
        let token = try keys.issuer.sign(
            TokenClaims(
                issuer: settings.issuer, audience: audience, subject: principal.objectID.uuidString.lowercased(),
                tenantID: settings.tenantID, applicationID: principal.applicationID.uuidString.lowercased(),
                issuedAt: now, expiresAt: expiresAt))
        return AccessToken(
            token: token, lifetimeSeconds: Int(settings.tokenLifetime.components.seconds), expiresAt: expiresAt)
    }

    /// The caller that a bearer token speaks for; throws `AuthenticationFailed` or `ExpiredAuthenticationToken`.
    package func authenticate(
        bearer token: String, audiences: [String], correlationID: String
    ) throws(ARMError) -> Caller {
        let claims: TokenClaims
        do {
            claims = try keys.verifier.verify(token, issuer: settings.issuer, audiences: audiences, now: time.now())
        } catch .expired {
            throw ARMError(.expiredAuthenticationToken, "The access token has expired.")
        } catch {
            throw ARMError(.authenticationFailed, "The access token is not valid.")
        }
        guard let objectID = UUID(uuidString: claims.subject), let applicationID = claims.applicationID else {
            throw ARMError(.authenticationFailed, "The access token does not name a principal.")
        }
        return Caller(objectID: objectID, applicationID: applicationID, correlationID: correlationID)
    }
}
