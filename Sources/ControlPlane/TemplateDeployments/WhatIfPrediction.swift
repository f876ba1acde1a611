import Resources
import Templates

/// Says what a deployment would change, by what its providers predict beside what they have stored.
struct WhatIfPrediction: Sendable {
    let providers: ResourceProviders
    let origin: DeploymentOrigin
    /// What the caller may not read is not shown.
    let rights: CallerRights

    private enum Kind: String {
        case create = "Create"
        case delete = "Delete"
        case ignore = "Ignore"
        /// It is put, and what comes of it is known only then.
        case deploy = "Deploy"
        case noChange = "NoChange"
        case modify = "Modify"
    }

    /// Members of a response that say nothing about a change.
    private static let volatile: Set<String> = ["systemData", "etag"]

    /// The body of the result: `status`, and `changes` and `diagnostics` of its `properties`.
    func result(_ tree: DeploymentTree, _ request: TemplateDeploymentRequest) async throws -> JSONValue {
        var changes: [JSONValue] = []
        for node in tree.leaves { changes.append(try await change(node, request)) }
        changes += try await others(tree, request)
        return JSONValue.object([
            "status": .string("Succeeded"),
            "properties": JSONValue.object([
                "changes": .array(changes), "diagnostics": .array(tree.diagnostics.map(\.json)),
            ]),
        ])
    }

    static func failure(_ error: ARMError) -> JSONValue {
        JSONValue.object(["status": .string("Failed"), "error": error.json])
    }

    private func change(_ node: DeploymentTree.Node, _ request: TemplateDeploymentRequest) async throws -> JSONValue {
        let resource = node.resource
        let (provider, version) = try providers.find(resource.type, apiVersion: resource.apiVersion)
        let call = origin.call(version)
        let body = JSONValue.object(node.preview.body)
        guard rights.allow(Right(.read, resource.address)) else {
            return entry(resource.id, .deploy, request, before: nil, after: nil)
        }
        guard let before = try await provider.get(resource.address, call) else {
            var after = JSONObject(Self.identity(resource))
            for member in node.preview.body.members { after.set(member.name, member.value) }
            var shown = JSONValue.object(after)
            for secret in provider.secrets { shown.replace(secret, with: .null) }
            return entry(resource.id, .create, request, before: nil, after: shown)
        }
        let shown = Self.shown(before, resource)
        guard node.preview.isComplete, let predicted = try await provider.predict(resource.address, body, call) else {
            return entry(resource.id, .deploy, request, before: shown, after: nil)
        }
        let after = Self.shown(predicted, resource)
        let delta = PropertyChange.list(from: shown, to: after)
        guard !delta.isEmpty else { return entry(resource.id, .noChange, request, before: shown, after: after) }
        return entry(resource.id, .modify, request, before: shown, after: after, delta: delta)
    }

    /// What the group holds and the template does not name: left alone, or deleted by the mode Complete.
    private func others(_ tree: DeploymentTree, _ request: TemplateDeploymentRequest) async throws -> [JSONValue] {
        guard let group = tree.expansion.program.target.resourceGroup else { return [] }
        let planned = tree.planned.ids
        let kept = ResourceInventory.withParents(planned)
        let all = try await ResourceInventory(providers: providers).list(
            subscription: tree.expansion.program.target.subscriptionID, resourceGroup: group, origin.caller,
            baseURL: origin.baseURL)
        return all.compactMap { provider, resource in
            guard let id = resource["id"]?.text, !planned.contains(id.lowercased()), mayRead(id) else { return nil }
            let isDeleted =
                request.mode == .complete && provider.isDeletedByCompleteMode && !kept.contains(id.lowercased())
            var before = JSONObject(resource.members.filter { !Self.volatile.contains($0.name) })
            before.set("apiVersion", provider.apiVersions.last.map { .string($0.description) })
            return entry(id, isDeleted ? .delete : .ignore, request, before: .object(before), after: nil)
        }
    }

    private func mayRead(_ id: String) -> Bool {
        ResourceAddress(id: id).map { rights.allow(Right(.read, $0)) } ?? false
    }

    private func entry(
        _ id: String, _ kind: Kind, _ request: TemplateDeploymentRequest, before: JSONValue?, after: JSONValue?,
        delta: [PropertyChange] = []
    ) -> JSONValue {
        var entry = JSONObject([("resourceId", .string(id)), ("changeType", .string(kind.rawValue))])
        if request.resultFormat == .fullPayloads {
            entry.set("before", before)
            entry.set("after", after)
            if kind == .modify { entry.set("delta", .array(delta.map(\.json))) }
        }
        return .object(entry)
    }

    private static func identity(_ resource: PlannedResource) -> [(name: String, value: JSONValue)] {
        [
            ("apiVersion", .string(resource.apiVersion)), ("id", .string(resource.id)),
            ("type", .string(resource.type)),
            ("name", .string(resource.address.names.last ?? "")),
        ]
    }

    private static func shown(_ response: JSONValue, _ resource: PlannedResource) -> JSONValue {
        var object = JSONObject([("apiVersion", .string(resource.apiVersion))])
        for member in response.members where !volatile.contains(member.name) { object.set(member.name, member.value) }
        return .object(object)
    }
}
