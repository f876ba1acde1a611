import ControlPlane
import Resources
import Templates

/// A type as templates use it.
struct ServedProvider<Served: ServedType>: ResourceProvider {
    let served: Served
    /// Where what holds a resource is looked for.
    let types: ServedTypes

    var type: String { served.declaration.type }
    var apiVersions: [APIVersion] { served.declaration.versions }
    var isDeletedByCompleteMode: Bool { served.declaration.inventory != .none }
    var deletesChildren: Bool { served.declaration.inventory == .groupWithChildren }

    var secrets: [String] { served.secrets }

    func get(_ address: ResourceAddress, _ call: ProviderCall) async throws -> JSONValue? {
        try await served.find(ServedCall(address, call)).map { try served.rendered($0, call) }
    }

    func preflight(
        _ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall, planned: PlannedResources
    ) async throws -> [ARMError] {
        let call = ServedCall(address, call)
        var found = try await problems { try served.checkName(address) }
        if let holder = served.holder(of: address), !planned.contains(holder) {
            found += try await problems { try await types.check(holder, call) }
        }
        var request: Served.Request?
        found += try await problems { request = try served.read(BodyReader(root: body)) }
        guard let request else { return found }
        let stored = found.isEmpty ? try await served.find(call) : nil
        if let stored, let present = served.location(of: stored), let wanted = served.location(of: request),
            present != wanted
        {
            found.append(
                ARMError(
                    .invalidResourceLocation,
                    "The resource '\(address.name)' is in '\(present)'; it can't move to '\(wanted)'.",
                    target: "$.location"))
        }
        return found + (try await served.preflight(call, request, over: stored, planned))
    }

    func put(_ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall) async throws -> ProviderOutcome {
        ProviderOutcome(
            try await served.put(ServedCall(address, call), try served.requested(body, in: call.apiVersion)))
    }

    func predict(_ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall) async throws -> JSONValue? {
        let request = try served.read(BodyReader(root: body))
        guard let stored = try await served.find(ServedCall(address, call)) else { return nil }
        return try served.rendered(served.predict(request, over: stored), call)
    }

    func delete(_ address: ResourceAddress, _ call: ProviderCall) async throws -> ResourceOperation? {
        if case .operation(let operation) = try await served.delete(ServedCall(address, call)) {
            operation
        } else {
            nil
        }
    }

    func list(subscription: String, resourceGroup: String, _ call: ProviderCall) async throws -> [JSONValue] {
        guard served.declaration.inventory != .none else { return [] }
        let group = DeploymentScope(subscriptionID: subscription, resourceGroup: resourceGroup)
        let all = ServedCall(ResourceAddress(scope: group.id, type: type, names: []), call)
        return try await allPages { try await served.list(all, $0) }.map { try served.rendered($0, call) }
    }

    func act(
        _ verb: String, _ address: ResourceAddress, _ body: JSONValue?, _ call: ProviderCall
    ) async throws -> JSONValue {
        let verbs = served.verbs.filter(\.isForTemplates)
        if let found = verbs.first(where: { $0.name.isSameWord(as: verb) }) {
            let body = BodyReader(root: body ?? .object(JSONObject()))
            switch try await found.run(ServedCall(address, call), body) {
            case .document(let document), .secret(let document): return document
            case .list(let page): return ListBody.document(page.items)
            case .operation: break
            }
        }
        let known = verbs.map(\.name).joined(separator: ", ")
        throw ARMError(
            .resourceNotFound,
            "Resources of the type '\(type)' have no action '\(verb)'\(known.isEmpty ? "" : "; they have \(known)").",
            target: address.id)
    }

    func bodyBeforeChildren(
        _ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall
    ) async throws -> JSONValue? {
        try await served.bodyBeforeChildren(ServedCall(address, call), body)
    }

    func neededChildren(of address: ResourceAddress, _ body: JSONValue) -> [String] {
        served.neededChildren(of: address, body)
    }
}

/// The problems that some work throws: none, one, or all details of an error that lists several.
func problems(_ work: () async throws -> Void) async throws -> [ARMError] {
    do {
        try await work()
        return []
    } catch let error as ARMError {
        return error.problems
    }
}

/// Everything of a list, page by page.
func allPages<Item: Sendable>(_ list: (PageRequest) async throws -> Page<Item>) async throws -> [Item] {
    var items: [Item] = []
    var request = PageRequest(count: PageRequest.maximumCount)
    while true {
        let page = try await list(request)
        items += page.items
        guard let next = page.next else { return items }
        request.after = next
    }
}
