package import Foundation

/// What a token says about its bearer, as RFC 7519 and Azure's access tokens name it.
package struct TokenClaims: Sendable, Equatable, Codable {
    package var issuer: String
    package var audience: String
    /// A principal's object id, or the id of the endpoint that an endpoint token opens.
    package var subject: String
    package var tenantID: String?
    /// Application (client) id of a principal.
    package var applicationID: String?
    /// Object id of a principal, as Entra names it.
    package var objectID: String?
    /// Version of Entra's access tokens whose names these are.
    package var version: String?
    /// `app` for an application that speaks for itself.
    package var identityType: String?
    package var issuedAt: Date
    package var notBefore: Date?
    package var expiresAt: Date

    package init(
        issuer: String, audience: String, subject: String, tenantID: String? = nil, applicationID: String? = nil,
        issuedAt: Date, expiresAt: Date
    ) {
        (self.issuer, self.audience, self.subject) = (issuer, audience, subject)
        (self.tenantID, self.applicationID) = (tenantID, applicationID)
        (self.issuedAt, self.expiresAt) = (issuedAt, expiresAt)
    }

    private enum CodingKeys: String, CodingKey {
        case issuer = "iss"
        case audience = "aud"
        case subject = "sub"
        case tenantID = "tid"
        case applicationID = "appid"
        case objectID = "oid"
        case version = "ver"
        case identityType = "idtyp"
        case issuedAt = "iat"
        case notBefore = "nbf"
        case expiresAt = "exp"
    }
}

/// Why a token does not open the door.
package enum TokenError: Error, Sendable, Equatable {
    case malformed
    case wrongSignature
    case wrongAlgorithm
    case wrongIssuer
    case wrongAudience
    case expired
    case notYetValid
}
