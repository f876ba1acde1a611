package import Foundation
package import Identity
import Postgres
package import Resources
import Store

/// An access token as the token endpoint hands it out.
package struct AccessToken: Sendable, Equatable {
    package var token: String
    package var lifetimeSeconds: Int
    package var expiresAt: Date
}

/// Principals, their sign-in by client credentials, and the checking of their tokens.
package struct SignInService: Sendable {
    let database: Database
    let keys: KeyRing
    let settings: SignInSettings
    var time: TimeSource = .system

    package var jsonWebKeys: [JSONWebKey] { keys.jsonWebKeys }
    package var issuer: String { settings.issuer }
    package var tenantID: String { settings.tenantID }

    /// Throws AADSTS90002 for the name of a tenant that is not this one.
    package func checkTenant(_ name: String) throws(SignInError) {
        guard settings.isTenant(name) else { throw SignInError.unknownTenant(name) }
    }

    /// Signs a principal in; `scope` is `<audience>/.default`, whose audience the token gets.
    package func signIn(clientID: String, clientSecret: String, scope: String) async throws -> AccessToken {
        guard scope.hasSuffix("/.default"), scope.count > "/.default".count, scope.count < 1_024 else {
            throw SignInError.scope
        }
        let audience = String(scope.dropLast("/.default".count))
        guard let applicationID = UUID(uuidString: clientID),
            let principal = try await PrincipalStore(database).findEnabled(applicationID: applicationID)
        else { throw SignInError.unknownApplication(clientID, settings.tenantID) }
        guard principal.secretHashes.contains(where: { SecretHash(stored: $0).matches(clientSecret) }) else {
            throw SignInError.wrongSecret(clientID)
        }
        let now = time.now()
        let expiresAt = now.addingTimeInterval(TimeInterval(settings.tokenLifetime.components.seconds))
        let objectID = principal.objectID.uuidString.lowercased()
        var claims = TokenClaims(
            issuer: settings.issuer, audience: audience, subject: objectID, tenantID: settings.tenantID,
            applicationID: principal.applicationID.uuidString.lowercased(), issuedAt: now, expiresAt: expiresAt)
        claims.objectID = objectID
        claims.version = "1.0"
        claims.identityType = "app"
        claims.notBefore = now
        let token = try keys.issuer.sign(claims)
        return AccessToken(
            token: token, lifetimeSeconds: Int(settings.tokenLifetime.components.seconds), expiresAt: expiresAt)
    }

    /// The caller that a bearer token speaks for; throws `AuthenticationFailed` or `ExpiredAuthenticationToken`.
    package func authenticate(
        bearer token: String, for door: SignInDoor, correlationID: String
    ) async throws -> Caller {
        let caller = try verify(token, for: door, correlationID)
        // A principal that was disabled has tokens that are still valid.
        guard try await PrincipalStore(database).isEnabled(objectID: caller.objectID) else {
            throw ARMError(.authenticationFailed, "The access token is not valid.")
        }
        return caller
    }

    private func verify(
        _ token: String, for door: SignInDoor, _ correlationID: String
    ) throws(ARMError) -> Caller {
        let claims: TokenClaims
        do {
            claims = try keys.verifier.verify(
                token, issuer: settings.issuer, audiences: settings.audiences(of: door), now: time.now())
        } catch .expired {
            throw ARMError(.expiredAuthenticationToken, "The access token has expired.")
        } catch {
            throw ARMError(.authenticationFailed, "The access token is not valid.")
        }
        guard claims.tenantID == settings.tenantID, let objectID = UUID(uuidString: claims.subject),
            let applicationID = claims.applicationID
        else {
            throw ARMError(.authenticationFailed, "The access token does not name a principal.")
        }
        return Caller(objectID: objectID, applicationID: applicationID, correlationID: correlationID)
    }
}
