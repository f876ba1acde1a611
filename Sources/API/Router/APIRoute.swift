package import HTTPTypes
package import Hummingbird
package import Resources

/// Who may call a route. There is no default: whoever registers a route says it.
package enum RouteAccess: Sendable, Equatable {
    /// Callers who hold a right; the scope is made of the first parts of the matched path.
    case right(action: String, scopeCount: Int)
    /// Every principal that is signed in: the service itself leaves out, or refuses, what the caller may not see.
    case anyCaller
    /// Everybody, without a token.
    case anyone

    /// Whoever may read what a template names; for a route below it.
    static func read(from template: PathTemplate) -> RouteAccess { need(.read, on: template) }

    /// Whoever may write what a template names; for a route below it.
    static func write(to template: PathTemplate) -> RouteAccess { need(.write, on: template) }

    fileprivate static func need(_ verb: Right.Verb, on template: PathTemplate) -> RouteAccess {
        let isVerb = if case .action = verb { true } else { false }
        let subject = template.subject(isVerb: isVerb)
        return .right(action: Right.action(verb, type: subject.type), scopeCount: subject.scopeCount)
    }
}

/// One route of the API as data: where it is, who may call it, in which versions, and what carries it out.
package struct APIRoute: Sendable {
    package typealias Handler = @Sendable (Request, APIRequestContext) async throws -> Response

    package let method: HTTPRequest.Method
    package let template: PathTemplate
    package let access: RouteAccess
    /// Versions of the API that the route knows; nil where clients name none.
    package let versions: RouteVersions?
    let handler: Handler

    init(
        _ method: HTTPRequest.Method, _ template: PathTemplate, _ access: RouteAccess, use handler: @escaping Handler
    ) {
        (self.method, self.template, self.access) = (method, template, access)
        versions = access == .anyone ? nil : RouteVersions(template)
        self.handler = handler
    }

    // The right follows from the method: `read`, `write` or `delete` on what the path names, or on what holds the
    // collection that it names.

    static func get(_ template: PathTemplate, use handler: @escaping Handler) -> APIRoute {
        APIRoute(.get, template, .need(.read, on: template), use: handler)
    }

    static func put(_ template: PathTemplate, use handler: @escaping Handler) -> APIRoute {
        APIRoute(.put, template, .need(.write, on: template), use: handler)
    }

    static func patch(_ template: PathTemplate, use handler: @escaping Handler) -> APIRoute {
        APIRoute(.patch, template, .need(.write, on: template), use: handler)
    }

    static func delete(_ template: PathTemplate, use handler: @escaping Handler) -> APIRoute {
        APIRoute(.delete, template, .need(.delete, on: template), use: handler)
    }

    /// A verb such as `listKeys`, the last word of the template: `{verb}/action` on what is before it.
    static func post(_ template: PathTemplate, use handler: @escaping Handler) -> APIRoute {
        let verb = template.subject(isVerb: true).verb ?? ""
        return APIRoute(.post, template, .need(.action(verb), on: template), use: handler)
    }

    /// The right that a call of the route needs; nil where any caller will do.
    package func right(_ names: [String: String]) -> Right? {
        guard case .right(let action, let count) = access else { return nil }
        return Right(action: action, scope: template.id(names, count: count))
    }
}

/// The api-versions that a route takes.
package struct RouteVersions: Sendable, Equatable {
    private let known: [APIVersion]
    /// Azure's own providers change little over their versions: any well-formed one is taken for them.
    private let isOpen: Bool

    init(_ template: PathTemplate) {
        let isMachineLearning = template.parts.contains(.word(ResourceID.machineLearning))
        known = isMachineLearning ? APIVersion.machineLearning : APIVersion.resources
        isOpen = !isMachineLearning
    }

    /// - Throws: `MissingApiVersionParameter`, `InvalidApiVersionParameter`.
    func version(of request: Request) throws(ARMError) -> APIVersion {
        guard let text = request.parameters["api-version"], !text.isEmpty else {
            throw ARMError(
                .missingApiVersionParameter,
                "The api-version query parameter (?api-version=) is required for all requests.")
        }
        if let version = APIVersion(text), isOpen || known.contains(version) { return version }
        let list = known.map(\.description).joined(separator: ", ")
        throw ARMError(
            .invalidApiVersionParameter,
            "The api-version '\(text.prefix(64))' is invalid. The supported versions are '\(list)'.")
    }
}
