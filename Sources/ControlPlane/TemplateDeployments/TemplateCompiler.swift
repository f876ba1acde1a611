import Artifacts
import Foundation
import Postgres
import Resources
import Store
import Templates

/// What a deployment is made of, and on whose behalf.
struct DeploymentOrigin: Sendable {
    var caller: Caller
    /// `https://host:port`.
    var baseURL: String
    /// Names what `newGuid` makes, so that a deployment that is taken up again makes the same.
    var operationID: OperationID
    var startedAt: Date

    func call(_ version: APIVersion) -> ProviderCall {
        ProviderCall(caller: caller, apiVersion: version, baseURL: baseURL)
    }

    /// Inputs for the defaults of one template's parameters: the same each time they are asked for.
    func inputs(for address: String) -> BindingInputs {
        let source = GuidSource(seed: "\(operationID):\(address)")
        return BindingInputs(now: startedAt, newGuid: { source.next() })
    }
}

/// Turns requests and nested deployments into programs: reads what is behind links, and says where they run.
struct TemplateCompiler: Sendable {
    let database: Database
    let links: TemplateLinks
    let providers: ResourceProviders
    let tenantID: String

    /// A deployment with its template and parameters read and bound.
    struct Compiled: Sendable {
        var program: DeploymentProgram
        var template: JSONValue
        /// Documents behind links, by address.
        var linked: [String: JSONValue]
    }

    func compile(
        _ request: TemplateDeploymentRequest, at address: TemplateDeploymentAddress, _ origin: DeploymentOrigin
    ) async throws -> Compiled {
        var linked: [String: JSONValue] = [:]
        let document: JSONValue
        if let template = request.template {
            document = template
        } else {
            let link = request.templateLink ?? .null
            let place = "$.properties.templateLink"
            let uri = try TemplateLinks.address(link, relativeTo: nil, at: place)
            document = try await read(uri, &linked, place, origin)
            try Self.checkVersion(link, document, at: place)
        }
        var supplied = request.parameters
        if let link = request.parametersLink {
            let place = "$.properties.parametersLink"
            let uri = try TemplateLinks.address(link, relativeTo: nil, at: place)
            supplied = try await links.read(uri, at: place, for: origin.caller)["parameters"]
        }
        let context = try await context(
            address, location: request.location, mode: request.mode.rawValue, link: request.templateLink, origin,
            planned: PlannedResources())
        do throws(TemplateProblems) {
            let template = try Template(reading: document)
            let program = try DeploymentProgram(
                template, supplied: supplied, context: context, inputs: origin.inputs(for: address.id))
            return Compiled(program: program, template: document, linked: linked)
        } catch {
            throw error.error
        }
    }

    /// `contentVersion` of a link must be that of the template.
    static func checkVersion(_ link: JSONValue, _ document: JSONValue, at path: String) throws(ARMError) {
        guard let wanted = link["contentVersion"]?.text, wanted != document["contentVersion"]?.text else { return }
        throw ARMError(
            .invalidContentLink,
            "The template behind the link has the contentVersion '\(document["contentVersion"]?.text ?? "")', not '\(wanted)'.",
            target: "\(path).contentVersion")
    }

    /// The program of a nested deployment. Documents behind links come from `linked`, or are read and added to it.
    func program(
        _ nested: NestedDeployment, of resource: PlannedResource, in expansion: Expansion, _ origin: DeploymentOrigin,
        linked: inout [String: JSONValue], planned: PlannedResources
    ) async throws -> (program: DeploymentProgram, template: JSONValue) {
        let place = "\(resource.path).properties"
        let base = expansion.program.context.templateLink?["uri"]?.text
        var link: JSONValue?
        let document: JSONValue
        switch nested.source {
        case .inline(let template): document = template
        case .link(let written):
            let uri = try TemplateLinks.address(written, relativeTo: base, at: "\(place).templateLink")
            document = try await read(uri, &linked, "\(place).templateLink", origin)
            try Self.checkVersion(written, document, at: "\(place).templateLink")
            link = .object(JSONObject([("uri", .string(uri))]))
        }
        var nested = nested
        if let written = nested.parametersLink {
            let uri = try TemplateLinks.address(written, relativeTo: base, at: "\(place).parametersLink")
            nested.parameters = try await read(uri, &linked, "\(place).parametersLink", origin)["parameters"]
        }
        let address = TemplateDeploymentAddress(scope: nested.target, name: nested.name)
        try address.check()
        let context = try await context(
            address, location: nested.location, mode: TemplateDeploymentMode.incremental.rawValue,
            link: link ?? expansion.program.context.templateLink,
            origin, planned: planned)
        do throws(TemplateProblems) {
            let program = try expansion.program(
                nested, template: document, of: resource, context: context, inputs: origin.inputs(for: address.id))
            return (program, document)
        } catch {
            throw error.error
        }
    }

    /// Documents are kept by their address without its query, for that may hold a signature.
    private func read(
        _ uri: String, _ linked: inout [String: JSONValue], _ path: String, _ origin: DeploymentOrigin
    ) async throws -> JSONValue {
        let key = TemplateLinks.withoutQuery(uri)
        if let known = linked[key] { return known }
        let document = try await links.read(uri, at: path, for: origin.caller)
        linked[key] = document
        return document
    }

    // MARK: Where a deployment runs

    /// What the scope functions answer there. A group may be one that the same deployment makes.
    func context(
        _ address: TemplateDeploymentAddress, location: String?, mode: String, link: JSONValue?,
        _ origin: DeploymentOrigin, planned: PlannedResources
    ) async throws -> DeploymentContext {
        var scope = address.scope
        let subscriptions = try await SubscriptionStore(database).list()
        guard let subscription = subscriptions.first(where: { $0.id == scope.subscriptionID.lowercased() }) else {
            throw ARMError(.subscriptionNotFound, "The subscription '\(scope.subscriptionID)' could not be found.")
        }
        var group: JSONValue?
        if let name = scope.resourceGroup {
            let found = try await self.group(scope, name, planned: planned)
            scope.resourceGroup = found["name"]?.text
            group = found
        }
        let login = "\(origin.baseURL)/"
        return DeploymentContext(
            scope: scope, name: address.name, location: location, mode: mode,
            subscription: JSONValue.object([
                "id": .string("/subscriptions/\(subscription.id)"), "subscriptionId": .string(subscription.id),
                "tenantId": .string(tenantID), "displayName": .string(subscription.displayName),
            ]),
            tenant: JSONValue.object([
                "id": .string("/tenants/\(tenantID)"), "tenantId": .string(tenantID), "displayName": .string("Sluice"),
                "countryCode": .string(""),
            ]),
            environment: Self.environment(login: login, tenantID: tenantID),
            deployer: JSONValue.object([
                "objectId": .string(origin.caller.auditName), "tenantId": .string(tenantID),
                "userPrincipalName": .string(""),
            ]),
            resourceGroup: group, templateLink: link,
            resourceTypes: providers.all.map { provider in
                DeploymentContext.ResourceType(
                    name: provider.type, locations: [], apiVersions: provider.apiVersions.reversed().map(\.description))
            })
    }

    private func group(
        _ scope: DeploymentScope, _ name: String, planned: PlannedResources
    ) async throws -> JSONValue {
        let store = ResourceGroupStore(database)
        var group = try await store.find(subscription: scope.subscriptionID, name: name)
        if group == nil, let body = planned.body(of: scope.id) {
            group = ResourceGroup(
                subscription: scope.subscriptionID, name: name, location: body["location"]?.text ?? "", tags: [:])
        }
        guard let group else { throw ScopeService.groupNotFound(name) }
        return JSONValue.object([
            "id": .string(group.resourceID.description), "name": .string(group.name),
            "type": .string("Microsoft.Resources/resourceGroups"), "location": .string(group.location),
            "tags": .object(JSONObject(group.tags.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
            "properties": JSONValue.object(["provisioningState": .string("Succeeded")]),
        ])
    }

    /// `environment()`: named as Azure's own cloud, since templates choose by that name.
    private static func environment(login: String, tenantID: String) -> JSONValue {
        JSONValue.object([
            "name": .string("AzureCloud"), "portal": .string("https://portal.azure.com/"), "gallery": .string(login),
            "resourceManager": .string(login), "graph": .string(login), "graphAudience": .string(login),
            "activeDirectoryDataLake": .string(login), "batch": .string(login), "media": .string(login),
            "sqlManagement": .string(login), "vmImageAliasDoc": .string(login),
            "authentication": JSONValue.object([
                "loginEndpoint": .string(login), "audiences": .array([.string(login)]), "tenant": .string(tenantID),
                "identityProvider": .string("AAD"),
            ]),
            "suffixes": JSONValue.object([
                "storage": .string("local"), "keyvaultDns": .string(".vault.local"),
                "acrLoginServer": .string(".azurecr.local"),
                "sqlServerHostname": .string(".database.local"),
                "azureDatalakeAnalyticsCatalogAndJob": .string("azuredatalakeanalytics.local"),
                "azureDatalakeStoreFileSystem": .string("azuredatalakestore.local"),
            ]),
        ])
    }
}

extension JSONValue {
    /// An object of these members, in their order.
    static func object(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
        .object(JSONObject(members.map { (name: $0.key, value: $0.value) }))
    }
}
