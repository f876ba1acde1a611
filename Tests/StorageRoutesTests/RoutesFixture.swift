import API
import Artifacts
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore

/// The blob routes, beside one of the main API's, on a store of their own.
struct RoutesFixture {
    static let now = Date(timeIntervalSince1970: 1_800_000_000)

    let store: ArtifactStore
    let account: StorageAccount

    /// Runs `body` with a client, then removes the store.
    static func run(_ body: @escaping @Sendable (RoutesFixture, Client) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("routes-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let store = try await ArtifactStore.open(at: directory) { now }
        try await store.createContainer(ContainerName("models"))
        let key = AccountKey(base64: "c2x1aWNlIHRlc3Qga2V5IG9mIDMyIGJ5dGVzIHh4eHh4")!
        let fixture = RoutesFixture(store: store, account: StorageAccount(name: "acct", keys: [key]))
        let routes = BlobRoutes(
            store: store, account: fixture.account, authorizationURI: "https://login/t", now: { now },
            logger: Logger(label: "test"),
            bearer: { token, access in
                switch token {
                case "good": access.permissions
                case "only models": Self.isInModels(access.resource) ? access.permissions : []
                default: nil
                }
            })
        try await Application(responder: BlobResponder(routes: routes)).test(.router) { client in
            try await body(fixture, Client(client: client))
        }
    }

    private static func isInModels(_ resource: StorageAccess.Resource) -> Bool {
        switch resource {
        case .service: false
        case .container(let name), .contents(let name), .blob(let name, _): name.value == "models"
        }
    }

    func token(_ permissions: StorageAccess.Permission...) throws -> String {
        SharedAccessSignature.issue(
            container: try ContainerName("models"), permissions: Set(permissions), expiry: Self.now + 60,
            secureOnly: true, account: account)!
    }
}

/// Blobs, and nothing beside them.
private struct BlobResponder: HTTPResponder {
    let routes: BlobRoutes

    @concurrent func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        guard routes.isResponsible(for: request) else { return Response(status: .notFound) }
        return await routes.respond(to: request, origin: StorageOrigin(isSecure: true, address: "127.0.0.1"))
    }
}

/// Sends requests, with a valid bearer token unless told otherwise.
struct Client: Sendable {
    let client: any TestClientProtocol

    @discardableResult
    func send(
        _ method: HTTPRequest.Method, _ uri: String, _ headers: [String: String] = [:], body: String? = nil,
        token: String? = "good"
    ) async throws -> TestResponse {
        var fields = HTTPFields()
        if let token { fields[.authorization] = "Bearer \(token)" }
        for (name, value) in headers { fields[HTTPField.Name(name)!] = value }
        let empty = method == .put ? "" : nil
        return try await client.execute(
            uri: uri, method: method, headers: fields, body: (body ?? empty).map { ByteBuffer(string: $0) })
    }

    @discardableResult
    func put(_ name: String, _ text: String, _ headers: [String: String] = [:]) async throws -> TestResponse {
        try await send(
            .put, "/acct/models/\(name)", headers.merging(["x-ms-blob-type": "BlockBlob"]) { first, _ in first },
            body: text)
    }
}

extension TestResponse {
    subscript(name: String) -> String? { headers[HTTPField.Name(name)!] }
    var text: String { String(buffer: body) }
    var outcome: String { "\(status.code) \(self["x-ms-error-code"] ?? "")" }
}
