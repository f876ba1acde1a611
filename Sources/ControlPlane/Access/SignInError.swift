/// A failed sign-in, as OAuth 2.0 names it (RFC 6749 §5.2), with Entra's code for it, which people and tools search for.
package struct SignInError: Error, Sendable, Equatable {
    package enum Code: String, Sendable {
        case invalidRequest = "invalid_request"
        case invalidClient = "invalid_client"
        case unsupportedGrantType = "unsupported_grant_type"
        case invalidScope = "invalid_scope"
    }

    package var code: Code
    /// The digits behind `AADSTS`.
    package var number: Int
    package var message: String

    package init(_ code: Code, _ number: Int, _ message: String) {
        (self.code, self.number, self.message) = (code, number, message)
    }

    static func unknownTenant(_ name: String) -> SignInError {
        SignInError(
            .invalidRequest, 90_002,
            "Tenant '\(name.prefix(100))' not found. Check to make sure you have the correct tenant ID.")
    }

    package static let missingClient = SignInError(
        .invalidRequest, 900_144, "The request body must contain the parameters 'client_id' and 'client_secret'.")

    package static func grantType(_ name: String) -> SignInError {
        name.isEmpty
            ? SignInError(.invalidRequest, 900_144, "The request body must contain the parameter 'grant_type'.")
            : SignInError(
                .unsupportedGrantType, 70_003,
                "The app requested an unsupported grant type '\(name.prefix(100))'; client_credentials is supported.")
    }

    static let scope = SignInError(
        .invalidScope, 70_011,
        "The provided value for the input parameter 'scope' is not valid: it must be an audience followed by /.default."
    )

    /// Another code than that of a wrong secret: an application's id has 122 random bits, so nobody finds one by trying.
    static func unknownApplication(_ id: String, _ tenant: String) -> SignInError {
        SignInError(
            .invalidClient, 700_016,
            "Application with identifier '\(id.prefix(100))' was not found in the directory '\(tenant)', or is disabled."
        )
    }

    static func wrongSecret(_ id: String) -> SignInError {
        SignInError(
            .invalidClient, 7_000_215,
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not "
                + "the client secret ID, for a secret added to app '\(id.prefix(100))'.")
    }
}
