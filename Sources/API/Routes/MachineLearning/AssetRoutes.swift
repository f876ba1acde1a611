import ControlPlane
import HTTPTypes
import Hummingbird
import Resources

/// `CodeContainers_*`, `CodeVersions_*`, and the same of models, environments and data.
struct AssetRoutes {
    let kind: AssetKind
    let service: AssetService
    let uploads: PendingUploadService
    let site: SiteSettings

    var routes: [APIRoute] {
        let containers = WorkspaceRoutes.item + kind.rawValue
        let container = containers + "{name}"
        let versions = container + "versions"
        let version = versions + "{version}"
        let all: [APIRoute] = [
            .get(containers, use: listContainers), .get(container, use: getContainer),
            .put(container, use: putContainer), .delete(container, use: deleteContainer),
            .get(versions, use: listVersions), .get(version, use: getVersion), .put(version, use: putVersion),
            .delete(version, use: deleteVersion),
        ]
        // Files are uploaded to make a version.
        let upload = APIRoute(.post, version + "startPendingUpload", .write(to: version), use: startPendingUpload)
        return kind == .environment ? all : all + [upload]
    }

    // MARK: Containers

    @Sendable func getContainer(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let container = try await service.getContainer(
            caller: try context.caller, workspace: try context.workspaceID(), kind: kind,
            name: try context.parameter("name"))
        return try JSONBody(ProxyResourceBody(container)).response()
    }

    @Sendable func listContainers(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let page = try await service.listContainers(
            caller: try context.caller, workspace: try context.workspaceID(), kind: kind, view: try request.listView(),
            page: try request.page())
        return try JSONBody(PageBody(page, request, context) { ProxyResourceBody($0) }).response()
    }

    @Sendable func putContainer(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let wish = try AssetContainerRequest(reading: try await request.readBody(), kind: kind)
        let outcome = try await service.putContainer(
            caller: try context.caller, workspace: try context.workspaceID(), kind: kind,
            name: try context.parameter("name"), wish)
        return try JSONBody(ProxyResourceBody(outcome.resource)).response(status: outcome.wasMade ? .created : .ok)
    }

    @Sendable func deleteContainer(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let existed = try await service.deleteContainer(
            caller: try context.caller, workspace: try context.workspaceID(), kind: kind,
            name: try context.parameter("name"))
        return Response(status: existed ? .ok : .noContent)
    }

    // MARK: Versions

    @Sendable func getVersion(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let version = try await service.getVersion(
            caller: try context.caller, workspace: try context.workspaceID(), kind: kind,
            name: try context.parameter("name"), version: try context.parameter("version"))
        return try JSONBody(ProxyResourceBody(version)).response()
    }

    @Sendable func listVersions(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let filter = AssetVersionFilter(
            view: try request.listView(), hash: kind == .code ? request.query("hash") : nil,
            version: request.query("version"), description: request.query("description"),
            stage: request.query("stage"), tags: try request.tagFilter("tags"),
            properties: try request.tagFilter("properties"))
        let page = try await service.listVersions(
            caller: try context.caller, workspace: try context.workspaceID(), kind: kind,
            name: try context.parameter("name"), filter, page: try request.page())
        return try JSONBody(PageBody(page, request, context) { ProxyResourceBody($0) }).response()
    }

    @Sendable func putVersion(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let wish = try AssetVersionRequest(reading: try await request.readBody(), kind: kind)
        let outcome = try await service.putVersion(
            caller: try context.caller, workspace: try context.workspaceID(), kind: kind,
            name: try context.parameter("name"), version: try context.parameter("version"), wish)
        return try JSONBody(ProxyResourceBody(outcome.resource)).response(status: outcome.wasMade ? .created : .ok)
    }

    @Sendable func deleteVersion(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let existed = try await service.deleteVersion(
            caller: try context.caller, workspace: try context.workspaceID(), kind: kind,
            name: try context.parameter("name"), version: try context.parameter("version"))
        return Response(status: existed ? .ok : .noContent)
    }

    @Sendable func startPendingUpload(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let wish = try await request.readBody(isOptional: true)
        // Read for their form alone: every upload gets an id and a place of its own.
        _ = (wish.string("pendingUploadId"), wish.string("pendingUploadType"))
        try wish.throwProblems(in: "The request for an upload")
        let upload = try await uploads.start(
            caller: try context.caller, workspace: try context.workspaceID(), kind: kind,
            name: try context.parameter("name"), version: try context.parameter("version"))
        let blobURI = "\(context.baseURL)/\(site.storageAccount)/\(upload.container)"
        let account = try context.workspaceID()
        let body = PendingUploadBody(
            pendingUploadId: upload.id,
            blobReferenceForConsumption: PendingUploadBody.BlobReference(
                blobUri: blobURI,
                storageAccountArmId:
                    "/subscriptions/\(account.subscription)/resourceGroups/\(account.resourceGroup)/providers/Microsoft.Storage/storageAccounts/\(site.storageAccount)",
                credential: PendingUploadBody.Credential(sasUri: "\(blobURI)?\(upload.signature)")))
        return try JSONBody(body).response(headers: [.cacheControl: "no-store"])
    }
}
