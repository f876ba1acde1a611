import ControlPlane
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Resources

/// What is served to everybody: cloud metadata, the contract, health.
struct ServiceRoutes {
    /// The OpenAPI document as it is served.
    let contract: Data
    let site: SiteSettings
    /// Throws when the service can't do its work.
    let checkHealth: @Sendable () async throws -> Void

    /// What `azure-ai-ml` and the management SDKs read to find a custom cloud (`azure-clients.md` §1).
    private struct Cloud: Encodable {
        struct Authentication: Encodable {
            let loginEndpoint: String
            let audiences: [String]
            let tenant: String
            let identityProvider = "AAD"
        }

        struct Suffixes: Encodable {
            let storage = SiteSettings.storageSuffix
            let keyVaultDns = "vault.local"
        }

        let name = "Sluice"
        let portal = "https://portal.azure.com/"
        let resourceManager: String
        let authentication: Authentication
        let suffixes = Suffixes()
    }

    private struct Health: Encodable {
        let status: String
    }

    var routes: [APIRoute] {
        [
            APIRoute(.get, PathTemplate("/metadata/endpoints"), .anyone, use: metadata),
            APIRoute(.get, PathTemplate("/openapi.json"), .anyone, use: openAPI),
            APIRoute(.get, PathTemplate("/healthz"), .anyone, use: health),
        ]
    }

    @Sendable func metadata(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let cloud = Cloud(
            resourceManager: context.baseURL,
            authentication: Cloud.Authentication(
                loginEndpoint: context.baseURL, audiences: [context.baseURL], tenant: site.tenantID))
        // The first version of this document is a list, which clients look their cloud up in; later ones are one
        // object. `azure-ai-ml` takes both.
        if request.parameters["api-version"] == "2019-05-01" { return Response(try JSONValue(encoding: [cloud])) }
        return Response(try JSONValue(encoding: cloud))
    }

    @Sendable func openAPI(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: contract)))
    }

    @Sendable func health(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        try await checkHealth()
        return Response(try JSONValue(encoding: Health(status: "ready")))
    }
}
