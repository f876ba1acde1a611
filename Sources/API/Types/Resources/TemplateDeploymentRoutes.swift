import ControlPlane
import Foundation
import HTTPTypes
import Hummingbird
import Resources
import Templates

/// `Deployments_*` and `DeploymentOperations_*` at resource-group and subscription scope.
struct TemplateDeploymentRoutes {
    let service: TemplateDeploymentService
    let operations: OperationService

    var routes: [APIRoute] {
        let steps = PathTemplate.group + "deployments/{deployment}/operations"
        let read = RouteAccess.right(
            action: "Microsoft.Resources/deployments/operations/read", scopeCount: PathTemplate.group.parts.count)
        return [
            APIRoute(
                .post, PathTemplate("/providers/Microsoft.Resources/calculateTemplateHash"), .anyCaller,
                use: calculateHash),
            // The service asks for a right on what the operation changes, which only its row tells.
            APIRoute(.get, PathTemplate.subscription + "operationresults/{operation}", .anyCaller, use: result),
            // Clients ask for a group's operations without the provider in the path.
            APIRoute(.get, steps, read, use: listSteps), APIRoute(.get, steps + "{step}", read, use: getStep),
        ] + [PathTemplate.subscription, PathTemplate.group].flatMap { routes(at: $0) }
    }

    private func routes(at scope: PathTemplate) -> [APIRoute] {
        let all = scope + "providers/Microsoft.Resources/deployments"
        let item = all + "{deployment}"
        return [
            .get(all, use: list), .get(item, use: get), .put(item, use: put), .delete(item, use: delete),
            .post(item + "cancel", use: cancel), .post(item + "validate", use: validate),
            .post(item + "whatIf", use: whatIf), .post(item + "exportTemplate", use: exportTemplate),
            .get(item + "operations", use: listSteps), .get(item + "operations/{step}", use: getStep),
            APIRoute(.get, item + "operationStatuses/{operation}", .read(from: item), use: status),
        ]
    }

    // MARK: Deployments

    @Sendable func get(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        Response(
            TemplateDeploymentBody.document(
                try await service.get(caller: try context.caller, try context.templateDeployment())))
    }

    @Sendable func list(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        var page = try request.parameters.page()
        page.order.newestFirst = true
        let found = try await service.list(
            caller: try context.caller, try context.deploymentScope(), state: try state(request), page: page)
        var body = JSONObject([("value", .array(found.items.map(TemplateDeploymentBody.document)))])
        body.set("nextLink", found.next.map { .string(PageLink.next($0, request, context)) })
        return Response(.object(body))
    }

    /// `$filter=provisioningState eq 'Failed'`.
    private func state(_ request: Request) throws(ARMError) -> TemplateDeploymentState? {
        guard let text = request.parameters["$filter"], !text.isEmpty else { return nil }
        let words = text.split(separator: " ").map(String.init)
        guard words.count == 3, words[0].lowercased() == "provisioningstate", words[1].lowercased() == "eq" else {
            throw ARMError(
                .invalidRequestContent,
                "$filter can be provisioningState eq '{state}' only, not '\(text.prefix(100))'.", target: "$filter")
        }
        let name = words[2].filter { $0 != "'" }
        return try request.parameters.choice(name, "provisioningState", of: TemplateDeploymentState.self)
    }

    @Sendable func put(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        try await withPlaces(request) { requested in
            let outcome = try await service.put(
                caller: try context.caller, try context.templateDeployment(), requested, baseURL: context.baseURL)
            var headers = HTTPFields()
            headers[.asyncOperation] =
                "\(context.baseURL)\(outcome.deployment.resourceID.inAddress)/operationStatuses/\(outcome.operation.id)"
                + "?api-version=\(context.apiVersion)"
            headers.askAgainVerySoon()
            return Response(
                TemplateDeploymentBody.document(outcome.deployment), status: outcome.wasMade ? .created : .ok,
                headers: headers)
        }
    }

    @Sendable func validate(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        try await withPlaces(request) { requested in
            let (deployment, resources) = try await service.validate(
                caller: try context.caller, try context.templateDeployment(), requested, baseURL: context.baseURL)
            return Response(TemplateDeploymentBody.validation(deployment, resources: resources))
        }
    }

    /// The result is known at once; clients fetch it from where they are told.
    @Sendable func whatIf(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let body = try await request.readTemplateBody()
        let address = try context.templateDeployment()
        let id = try await service.whatIf(
            caller: try context.caller, address, body.document, baseURL: context.baseURL
        ) { TemplatePlaces.located($0, in: body.text) }
        return Response(awaiting: id.uuidString.lowercased(), in: address.scope.subscriptionID, context)
    }

    /// Reads the body of a deployment and adds lines and columns to the errors about it.
    private func withPlaces(
        _ request: Request, _ response: (TemplateDeploymentRequest) async throws -> Response
    ) async throws -> Response {
        let body = try await request.readTemplateBody()
        do {
            return try await response(try TemplateDeploymentRequest(reading: body.document))
        } catch let error as ARMError {
            throw TemplatePlaces.located(error, in: body.text)
        }
    }

    @Sendable func delete(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        _ = try await service.delete(caller: try context.caller, try context.templateDeployment())
        return Response(status: .noContent)
    }

    @Sendable func cancel(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        try await service.cancel(caller: try context.caller, try context.templateDeployment())
        return Response(status: .noContent)
    }

    @Sendable func exportTemplate(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let template = try await service.template(caller: try context.caller, try context.templateDeployment())
        return Response(.object(JSONObject([("template", template)])))
    }

    @Sendable func calculateHash(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let template = try await request.readTemplateBody().document
        guard case .object = template else {
            throw ARMError(
                .invalidRequestContent, "The template must be a JSON object, not \(template.typeName).", target: "$")
        }
        return Response(
            .object(
                JSONObject([
                    ("minifiedTemplate", .string(JSONWriter.text(of: template))),
                    ("templateHash", .string(TemplateHash.text(of: template))),
                ])))
    }

    // MARK: What they did

    @Sendable func listSteps(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let address = try context.templateDeployment()
        var steps = try await service.steps(caller: try context.caller, address)
        if let count = try request.parameters.positive("$top") { steps = Array(steps.prefix(count)) }
        return Response(
            .object(
                JSONObject([
                    ("value", .array(steps.map { TemplateDeploymentBody.document($0, of: address.id) }))
                ])))
    }

    @Sendable func getStep(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let address = try context.templateDeployment()
        let name = try context.parameter("step")
        let steps = try await service.steps(caller: try context.caller, address)
        guard let step = steps.first(where: { $0.operationID == name.uppercased() }) else {
            throw ARMError(
                .resourceNotFound, "The deployment operation '\(name.prefix(60))' could not be found.")
        }
        return Response(TemplateDeploymentBody.document(step, of: address.id))
    }

    @Sendable func status(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let name = try context.parameter("operation")
        let address = try context.templateDeployment()
        guard let id = OperationID(name), let operation = try await operations.find(caller: try context.caller, id),
            operation.resourceID.lowercased() == address.id.lowercased()
        else {
            throw ARMError(.resourceNotFound, "The operation '\(name.prefix(60))' could not be found.")
        }
        var headers = HTTPFields()
        if !operation.state.isTerminal { headers.askAgainVerySoon() }
        return Response(TemplateDeploymentBody.status(operation), headers: headers)
    }

    /// What a call that was accepted came to: a prediction, or the end of an operation without a result of its own.
    @Sendable func result(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let name = try context.parameter("operation")
        let subscription = try context.parameter("subscription")
        guard let id = UUID(uuidString: name) else {
            throw ARMError(.resourceNotFound, "The operation '\(name.prefix(60))' could not be found.")
        }
        if let operation = try await operations.find(caller: try context.caller, OperationID(id)),
            operation.resourceID.lowercased().hasPrefix("/subscriptions/\(subscription.lowercased())/")
        {
            if let error = operation.error { throw error }
            guard !operation.state.isTerminal else { return Response(status: .ok) }
            var headers: HTTPFields = [.location: "\(context.baseURL)\(request.uri.string)"]
            headers.askAgainVerySoon()
            return Response(status: .accepted, headers: headers)
        }
        return Response(try await service.whatIfResult(caller: try context.caller, subscription: subscription, id))
    }
}

extension APIRequestContext {
    /// The group, or the subscription, that the path names.
    func deploymentScope() throws(ARMError) -> DeploymentScope {
        DeploymentScope(subscriptionID: try parameter("subscription"), resourceGroup: names["resourceGroup"])
    }

    /// The template deployment that the path names.
    func templateDeployment() throws(ARMError) -> TemplateDeploymentAddress {
        TemplateDeploymentAddress(scope: try deploymentScope(), name: try parameter("deployment"))
    }
}
