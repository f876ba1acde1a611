package import Resources

/// Something that an expression asks of the running system.
package enum RuntimeRequest: Sendable, Hashable {
    /// GET of a resource, for `reference`. Nil asks for the version that the template deploys it with.
    case resource(id: String, apiVersion: String?)
    /// POST of `list…` on a resource; the body as JSON text.
    case list(id: String, verb: String, apiVersion: String, body: String?)
    /// What a name of a nested template means: a parameter whose value its parent has not found yet, or a resource that
    /// has such a parameter in its own name. Asked for only before the deployment runs.
    case undetermined(name: String)
}

/// What is known of the running system: the responses to requests.
///
/// Evaluation is synchronous and knows nothing else: it throws `EvaluationFailure.needs` for a response that is not
/// here, and is begun again when it is.
package struct RuntimeValues: Sendable {
    private var answers: [RuntimeRequest: JSONValue] = [:]

    package init() {}

    /// The response to a request; a resource's id is looked up without regard to case.
    package subscript(_ request: RuntimeRequest) -> JSONValue? {
        get { answers[request.canonical] }
        set { answers[request.canonical] = newValue }
    }
}

extension RuntimeRequest {
    fileprivate var canonical: RuntimeRequest {
        switch self {
        case .resource(let id, let version): .resource(id: id.lowercased(), apiVersion: version?.lowercased())
        case .list(let id, let verb, let version, let body):
            .list(id: id.lowercased(), verb: verb.lowercased(), apiVersion: version.lowercased(), body: body)
        case .undetermined(let name): .undetermined(name: name.lowercased())
        }
    }
}
