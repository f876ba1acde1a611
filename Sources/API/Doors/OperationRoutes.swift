import ControlPlane
import HTTPTypes
import Hummingbird
import Resources

/// Status and result of long-running operations, and their cancellation.
struct OperationRoutes {
    let service: OperationService
    let types: ServedTypes

    /// The service asks for a right on what the operation changes, which only its row tells.
    var routes: [APIRoute] {
        let status = LocationRoutes.location + "mfeOperationsStatus/{operation}"
        return [
            APIRoute(.get, status, .anyCaller, use: self.status),
            APIRoute(.post, status + "cancel", .anyCaller, use: cancel),
            APIRoute(.get, LocationRoutes.location + "mfeOperationResults/{operation}", .anyCaller, use: result),
        ]
    }

    @Sendable func status(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        try respond(try await find(context))
    }

    /// Our own addition: Azure has no way to cancel these.
    @Sendable func cancel(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        try respond(try await service.cancel(caller: try context.caller, try await find(context).id))
    }

    /// 202 while the operation runs, then what the synchronous call would have answered.
    @Sendable func result(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let operation = try await find(context)
        guard operation.state.isTerminal else { return Response(following: operation, context) }
        if let error = operation.error { throw error }
        switch operation.kind {
        case .deleteEndpoint, .deleteDeployment: return Response(status: .noContent)
        case .regenerateKeys, .deployTemplate, .deleteGroup: return Response(status: .ok)
        case .putEndpoint, .putDeployment:
            return try await types.get(operation.resourceID, request, context) ?? Response(status: .ok)
        }
    }

    /// `{kind}:{operation}:{generation}`, or the operation's id alone.
    private func find(_ context: APIRequestContext) async throws -> ResourceOperation {
        let name = try context.parameter("operation")
        let parts = name.split(separator: ":")
        guard let id = OperationID(String(parts.count == 3 ? parts[1] : parts.first ?? "")) else {
            throw ARMError(.resourceNotFound, "The operation '\(name.prefix(200))' could not be found.")
        }
        let operation = try await service.get(caller: try context.caller, id)
        let owner = ResourceID(operation.resourceID)?.subscription.lowercased()
        guard owner == (try context.parameter("subscription")).lowercased() else {
            throw ARMError(.resourceNotFound, "The operation '\(name.prefix(200))' could not be found.")
        }
        return operation
    }

    private func respond(_ operation: ResourceOperation) throws -> Response {
        var headers = HTTPFields()
        if !operation.state.isTerminal { headers.askAgainSoon() }
        return Response(try operation.document, headers: headers)
    }
}
