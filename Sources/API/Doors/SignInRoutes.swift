import ControlPlane
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import NIOCore

/// Tokens by client credentials, and what clients read before they ask for one (OpenID Connect Discovery 1.0).
struct SignInRoutes {
    let service: SignInService

    private struct Configuration: Encodable {
        let issuer: String
        let authorizationEndpoint: String
        let tokenEndpoint: String
        let jwksUri: String
        let tokenEndpointAuthMethodsSupported = ["client_secret_post", "client_secret_basic"]
        let grantTypesSupported = ["client_credentials"]
        let responseTypesSupported = ["token"]
        let subjectTypesSupported = ["public"]
        let idTokenSigningAlgValuesSupported = ["RS256"]
    }

    private struct Token: Encodable {
        let tokenType = "Bearer"
        let expiresIn: Int
        let extExpiresIn: Int
        let accessToken: String
    }

    private struct Refusal: Encodable {
        let error: String
        let errorDescription: String
        let errorCodes: [Int]
        let timestamp: String
        let traceId: String
        let correlationId: String
    }

    private struct KeySet: Encodable {
        let keys: [JSONWebKey]
    }

    /// Longest form that is read.
    private static let formLimit = 64 * 1_024
    private static let formDeadline = Duration.seconds(20)

    var routes: [APIRoute] {
        let tenant = PathTemplate("/{tenant}")
        return [
            APIRoute(.get, tenant + "v2.0/.well-known/openid-configuration", .anyone, use: configuration),
            APIRoute(.get, tenant + ".well-known/openid-configuration", .anyone, use: configuration),
            APIRoute(.get, tenant + "discovery/v2.0/keys", .anyone, use: keys),
            APIRoute(.post, tenant + "oauth2/v2.0/token", .anyone, use: token),
            APIRoute(.post, tenant + "oauth2/token", .anyone, use: token),
        ]
    }

    @Sendable func configuration(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let tenant = try context.parameter("tenant")
        do {
            try service.checkTenant(tenant)
        } catch {
            return try refuse(error, context)
        }
        let base = "\(context.baseURL)/\(PercentEncoding.encode(tenant))"
        return try JSONBody(
            Configuration(
                issuer: service.issuer, authorizationEndpoint: "\(base)/oauth2/v2.0/authorize",
                tokenEndpoint: "\(base)/oauth2/v2.0/token", jwksUri: "\(base)/discovery/v2.0/keys"), names: .snakeCase
        ).response()
    }

    @Sendable func keys(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        try JSONBody(KeySet(keys: service.jsonWebKeys)).response()
    }

    @Sendable func token(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let form = FormBody(
            try await request.body.collect(upTo: Self.formLimit, within: Self.formDeadline).readableBytesView)
        do {
            try service.checkTenant(try context.parameter("tenant"))
            let grant = form["grant_type"] ?? ""
            guard grant == "client_credentials" else { throw SignInError.grantType(grant) }
            let client = try Self.client(of: request, form)
            let scope = form["scope"] ?? form["resource"].map { "\($0)/.default" } ?? ""
            let token = try await service.signIn(clientID: client.id, clientSecret: client.secret, scope: scope)
            let body = Token(
                expiresIn: token.lifetimeSeconds, extExpiresIn: token.lifetimeSeconds, accessToken: token.token)
            return try JSONBody(body, names: .snakeCase).response(headers: [.cacheControl: "no-store"])
        } catch let error as SignInError {
            return try refuse(error, context)
        }
    }

    private func refuse(_ error: SignInError, _ context: APIRequestContext) throws -> Response {
        let status: HTTPResponse.Status = error.code == .invalidClient ? .unauthorized : .badRequest
        let (trace, correlation) = (context.identifiers.requestID, context.identifiers.correlationID)
        let time = Date()
        let body = Refusal(
            error: error.code.rawValue,
            errorDescription:
                "AADSTS\(error.number): \(error.message) Trace ID: \(trace) Correlation ID: \(correlation) "
                + "Timestamp: \(WireDate.text(time))",
            errorCodes: [error.number], timestamp: WireDate.text(time), traceId: trace, correlationId: correlation)
        var headers: HTTPFields = [.cacheControl: "no-store"]
        if status == .unauthorized { headers[.wwwAuthenticate] = "Basic realm=\"sluice\"" }
        return try JSONBody(body, names: .snakeCase).response(status: status, headers: headers)
    }

    /// From the form, or from Basic authentication (RFC 6749 §2.3.1).
    private static func client(of request: Request, _ form: FormBody) throws(SignInError) -> (
        id: String, secret: String
    ) {
        if let id = form["client_id"], let secret = form["client_secret"] { return (id, secret) }
        if let header = request.headers[.authorization], header.lowercased().hasPrefix("basic "),
            let data = Data(base64Encoded: String(header.dropFirst("basic ".count))),
            let colon = data.firstIndex(of: UInt8(ascii: ":"))
        {
            let decoded = [data[..<colon], data[(colon + 1)...]].map {
                FormBody.decode(String(decoding: $0, as: UTF8.self))
            }
            return (decoded[0], decoded[1])
        }
        throw SignInError.missingClient
    }
}
