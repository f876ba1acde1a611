import Resources

/// Functions that ask the running system.
extension Evaluator {
    /// `reference(resource, [apiVersion], ['Full'])`, and `references('loop', ['Full'])` of symbolic names.
    func reference(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        try checkPlace(call.function.rawValue, call.frame)
        let name = try call.text(0)
        guard call.function == .reference else { return try references(name, call) }
        let version = call.count > 1 ? try call.value(1) : .null
        let isFull = call.count > 2 ? try isFull(try call.text(2), call) : false
        guard case .found(let target) = try ReferenceTarget.find(name, environment) else {
            try checkDetermined(name)
            throw call.fail("names '\(name.prefix(200))', which the template does not deploy")
        }
        let written: String? = if case .string(let text) = version, !text.isEmpty { text } else { nil }
        return try response(target, apiVersion: written ?? target.apiVersion, isFull: isFull, call)
    }

    private func references(_ name: String, _ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        guard let symbol = environment.symbols[name.lowercased()], symbol.isLoop else {
            try checkDetermined(name)
            throw call.fail("names '\(name.prefix(200))', which is no loop of the template")
        }
        var values: [JSONValue] = []
        for id in symbol.ids {
            let target = ReferenceTarget(id: id, apiVersion: symbol.apiVersion)
            values.append(try response(target, apiVersion: symbol.apiVersion, isFull: false, call))
        }
        return try call.made(values, isDeeper: true)
    }

    private func isFull(_ text: String, _ call: FunctionCall) throws(EvaluationFailure) -> Bool {
        guard text.lowercased() == "full" else { throw call.fail("takes 'Full' as its last argument, not '\(text)'") }
        return true
    }

    private func response(
        _ target: ReferenceTarget, apiVersion: String?, isFull: Bool, _ call: FunctionCall
    ) throws(EvaluationFailure) -> JSONValue {
        guard let apiVersion else {
            throw call.fail("needs an apiVersion for '\(target.id)', which the template does not deploy")
        }
        let request = RuntimeRequest.resource(id: target.id, apiVersion: apiVersion)
        guard let response = runtime[request] else { throw .needs(request) }
        guard isFull else { return response["properties"] ?? .object(JSONObject()) }
        return .object(Self.full(response, id: target.id, apiVersion: apiVersion))
    }

    /// The envelope as `reference(…, 'Full')` shows it.
    private static func full(_ response: JSONValue, id: String, apiVersion: String) -> JSONObject {
        var object = JSONObject(response.members.filter { $0.name != "id" && $0.name != "name" && $0.name != "type" })
        object.set("apiVersion", .string(apiVersion))
        let parts = id.split(separator: "/").map(String.init)
        if parts.count > 1, parts[0].lowercased() == "subscriptions" { object.set("subscriptionId", .string(parts[1])) }
        if parts.count > 3, parts[2].lowercased() == "resourcegroups" {
            object.set("resourceGroupName", .string(parts[3]))
        }
        object.set("resourceId", .string(id))
        object.set("referenceApiVersion", .string(apiVersion))
        object.set("condition", .boolean(true))
        object.set("isAction", .boolean(false))
        object.set("isConditionTrue", .boolean(true))
        return object
    }

    /// `list…(resource, apiVersion, [body])`.
    func list(_ verb: String, _ arguments: [Expression], in frame: Frame) throws(EvaluationFailure) -> JSONValue {
        try checkPlace(verb, frame)
        let values = try arguments.map { argument throws(EvaluationFailure) in try evaluate(argument, in: frame) }
        guard let name = values[0].text else {
            throw .problem("The template language function '\(verb)' expects a resource's id or name first.")
        }
        guard case .found(let target) = try ReferenceTarget.find(name, environment) else {
            try checkDetermined(name)
            throw .problem(
                "The template language function '\(verb)' names '\(name.prefix(200))', which the template does not deploy."
            )
        }
        guard let version = (values.count > 1 ? values[1].text : nil) ?? target.apiVersion else {
            throw .problem("The template language function '\(verb)' needs an apiVersion.")
        }
        let body = values.count > 2 && values[2] != .null ? JSONWriter.text(of: values[2]) : nil
        let request = RuntimeRequest.list(id: target.id, verb: verb, apiVersion: version, body: body)
        guard let response = runtime[request] else { throw .needs(request) }
        return response
    }

    /// A name that is not known may be that of a resource that gets its name later.
    private func checkDetermined(_ name: String) throws(EvaluationFailure) {
        if environment.hasUndeterminedResources { throw .needs(.undetermined(name: name)) }
    }

    private func checkPlace(_ name: String, _ frame: Frame) throws(EvaluationFailure) {
        guard frame.place.allowsRuntimeFunctions else {
            throw .problem("The template function '\(name)' is not allowed in \(frame.place.name).")
        }
    }
}

/// The resource that the first argument of `reference` or `list…` means.
struct ReferenceTarget: Sendable {
    var id: String
    /// The version that the template deploys it with; nil for a resource outside of the template.
    var apiVersion: String?

    enum Search {
        case found(ReferenceTarget)
        case unknown
    }

    /// A symbolic name, `name[2]` of a loop, a full id, or the name of a resource that the template deploys.
    static func find(_ text: String, _ environment: Environment) throws(EvaluationFailure) -> Search {
        if text.hasPrefix("/") {
            return .found(ReferenceTarget(id: text, apiVersion: environment.deployedVersions[text.lowercased()]))
        }
        if let symbol = try symbol(text, environment) { return .found(symbol) }
        let ids = environment.resourceNames[text.lowercased()] ?? []
        guard ids.count <= 1 else {
            throw .problem(
                "The name '\(text.prefix(200))' is that of \(ids.count) resources of the template; use resourceId().")
        }
        guard let id = ids.first else { return .unknown }
        return .found(ReferenceTarget(id: id, apiVersion: environment.deployedVersions[id.lowercased()]))
    }

    private static func symbol(
        _ text: String, _ environment: Environment
    ) throws(EvaluationFailure) -> ReferenceTarget? {
        let (name, index) = SymbolName.split(text)
        guard let symbol = environment.symbols[name.lowercased()] else { return nil }
        switch (index, symbol.isLoop) {
        case (nil, false):
            guard let id = symbol.ids.first else { return nil }
            return ReferenceTarget(id: id, apiVersion: symbol.apiVersion)
        case (let index?, true) where symbol.ids.indices.contains(index):
            return ReferenceTarget(id: symbol.ids[index], apiVersion: symbol.apiVersion)
        default:
            throw .problem("'\(text.prefix(200))' does not name one resource: the symbol has \(symbol.ids.count).")
        }
    }
}

/// `name` or `name[index]`.
enum SymbolName {
    static func split(_ text: String) -> (name: String, index: Int?) {
        guard text.hasSuffix("]"), let open = text.lastIndex(of: "["),
            let index = Int(text[text.index(after: open)...].dropLast())
        else { return (text, nil) }
        return (String(text[..<open]), index)
    }
}
