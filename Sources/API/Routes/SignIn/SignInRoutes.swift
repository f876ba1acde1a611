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
        let correlationId: String
    }

    private struct KeySet: Encodable {
        let keys: [JSONWebKey]
    }

    /// Longest form that is read.
    private static let formLimit = 64 * 1_024

    func register(on router: Router<APIRequestContext>) {
        for prefix in ["/:tenant/v2.0", "/:tenant"] {
            router.get("\(prefix)/.well-known/openid-configuration", use: configuration)
        }
        router.get("/:tenant/discovery/v2.0/keys", use: keys)
        router.post("/:tenant/oauth2/v2.0/token", use: token)
        router.post("/:tenant/oauth2/token", use: token)
    }

    @Sendable func configuration(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let base = "\(context.baseURL)/\(PercentEncoding.encode(try context.parameter("tenant")))"
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
        let form = FormBody(try await request.body.collect(upTo: Self.formLimit).readableBytesView)
        do {
            let grant = form["grant_type"] ?? ""
            guard grant == "client_credentials" else {
                throw SignInError(
                    code: grant.isEmpty ? .invalidRequest : .unsupportedGrantType,
                    message: "grant_type must be client_credentials.")
            }
            let client = try Self.client(of: request, form)
            let scope = form["scope"] ?? form["resource"].map { "\($0)/.default" } ?? ""
            let token = try await service.signIn(clientID: client.id, clientSecret: client.secret, scope: scope)
            let body = Token(
                expiresIn: token.lifetimeSeconds, extExpiresIn: token.lifetimeSeconds, accessToken: token.token)
            return try JSONBody(body, names: .snakeCase).response(headers: [.cacheControl: "no-store"])
        } catch let error as SignInError {
            let status: HTTPResponse.Status = error.code == .invalidClient ? .unauthorized : .badRequest
            let body = Refusal(
                error: error.code.rawValue, errorDescription: error.message,
                correlationId: context.identifiers.correlationID)
            var headers: HTTPFields = [.cacheControl: "no-store"]
            if status == .unauthorized { headers[.wwwAuthenticate] = "Basic realm=\"sluice\"" }
            return try JSONBody(body, names: .snakeCase).response(status: status, headers: headers)
        }
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
        throw SignInError(code: .invalidRequest, message: "client_id and client_secret are required.")
    }
}

/// Fields of an `application/x-www-form-urlencoded` body.
struct FormBody {
    private var fields: [String: String] = [:]

    init(_ bytes: some Sequence<UInt8>) {
        for pair in String(decoding: Array(bytes), as: UTF8.self).split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            fields[Self.decode(String(parts[0]))] = Self.decode(String(parts[1]))
        }
    }

    subscript(_ name: String) -> String? { fields[name] }

    static func decode(_ text: String) -> String {
        let spaced = text.replacing("+", with: " ")
        return PercentEncoding.decode(spaced.utf8) ?? spaced
    }
}
