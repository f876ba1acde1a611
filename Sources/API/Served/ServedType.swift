import ControlPlane
import HTTPTypes
import Resources

/// A noun of ARM as one value: routes, rights, templates, predictions and lists are computed from it.
///
/// What a type does not declare is not served, so what only a declared method calls has a default that refuses.
protocol ServedType: Sendable {
    associatedtype Resource: Sendable
    /// What a PUT asks for.
    associatedtype Request: Sendable

    var declaration: TypeDeclaration { get }
    /// Fields that some versions do not know.
    var hiddenFields: [HiddenField<Self>] { get }
    /// Fields of a body that hold secrets, such as `properties.credentials`: predictions show null in their place.
    var secrets: [String] { get }
    var verbs: [ServedVerb] { get }

    // MARK: The wire

    /// The resource as its newest version shows it.
    func document(_ resource: Resource, _ rendering: any Rendering) throws -> JSONValue
    /// Reads the body of a PUT; throws all its problems at once.
    func read(_ body: BodyReader) throws(ARMError) -> Request
    /// What is behind the ETag; nil for a type that has none.
    func version(of resource: Resource) -> RowVersion?
    /// The region, which a PUT can't change; nil for a type without.
    func location(of resource: Resource) -> String?
    func location(of request: Request) -> String?

    // MARK: The work

    /// Throws an error of the status 404 when the resource, or what holds it, is not there.
    func get(_ call: ServedCall) async throws -> Resource
    func page(_ parameters: QueryParameters) throws(ARMError) -> PageRequest
    /// The list of what the call names: of a parent, a group or a subscription.
    func list(_ call: ServedCall, _ page: PageRequest) async throws -> Page<Resource>
    func put(_ call: ServedCall, _ requested: Requested<Request, Resource>) async throws -> Written<Resource>
    func patch(_ call: ServedCall, _ body: BodyReader) async throws -> Written<Resource>
    func delete(_ call: ServedCall) async throws -> Deletion<Resource>

    // MARK: Templates

    func checkName(_ address: ResourceAddress) throws(ARMError)
    /// Id of what must be there before the resource, and may be made by the same template; nil for nothing.
    func holder(of address: ResourceAddress) -> String?
    /// What else can be told to be wrong with a request before it is put. The targets begin with `$`, the body.
    func preflight(
        _ call: ServedCall, _ request: Request, over stored: Resource?, _ planned: PlannedResources
    ) async throws -> [ARMError]
    /// What a PUT would leave.
    func predict(_ request: Request, over stored: Resource) -> Resource
    /// The body to put first, when this one names children that the same template makes after it; nil when it can be put
    /// at once.
    func bodyBeforeChildren(_ call: ServedCall, _ body: JSONValue) async throws -> JSONValue?
    /// Ids of children that a body can't do without.
    func neededChildren(of address: ResourceAddress, _ body: JSONValue) -> [String]
}

/// What a deletion came to.
enum Deletion<Resource: Sendable>: Sendable {
    /// There was nothing to delete.
    case absent
    case done
    /// Done; the response shows what was there.
    case returning(Resource)
    case operation(ResourceOperation)

    /// Of a service that says whether there was anything.
    init(existed: Bool) {
        self = existed ? .done : .absent
    }

    /// Of a service that starts an operation where there is anything.
    init(_ operation: ResourceOperation?) {
        self = operation.map { .operation($0) } ?? .absent
    }
}

extension ServedType {
    var hiddenFields: [HiddenField<Self>] { [] }
    var secrets: [String] { [] }
    var verbs: [ServedVerb] { [] }

    func version(of resource: Resource) -> RowVersion? { nil }
    func location(of resource: Resource) -> String? { nil }
    func location(of request: Request) -> String? { nil }

    func page(_ parameters: QueryParameters) throws(ARMError) -> PageRequest { try parameters.page() }

    func list(_ call: ServedCall, _ page: PageRequest) async throws -> Page<Resource> { throw notServed("lists") }

    func patch(_ call: ServedCall, _ body: BodyReader) async throws -> Written<Resource> { throw notServed("PATCH") }

    func delete(_ call: ServedCall) async throws -> Deletion<Resource> { throw notServed("DELETE") }

    func holder(of address: ResourceAddress) -> String? { address.parent?.id ?? address.scope }

    func preflight(
        _ call: ServedCall, _ request: Request, over stored: Resource?, _ planned: PlannedResources
    ) async throws -> [ARMError] { [] }

    func bodyBeforeChildren(_ call: ServedCall, _ body: JSONValue) async throws -> JSONValue? { nil }

    func neededChildren(of address: ResourceAddress, _ body: JSONValue) -> [String] { [] }

    private func notServed(_ what: String) -> ARMError {
        ARMError(.internalServerError, "\(what) of the type '\(declaration.type)' are not served.")
    }
}

extension ServedType where Request: BodyReadable {
    func read(_ body: BodyReader) throws(ARMError) -> Request { try Request(reading: body) }
}

// MARK: The frame

extension ServedType {
    /// The resource as a version shows it.
    func rendered(_ resource: Resource, _ rendering: any Rendering) throws -> JSONValue {
        var document = try document(resource, rendering)
        for field in hiddenFields where field.isHidden(in: rendering.apiVersion) { field.remove(from: &document) }
        return document
    }

    /// What a PUT asks for: a version leaves fields that it does not know as they are stored.
    func requested(
        _ body: JSONValue, in version: APIVersion
    ) throws(ARMError) -> Requested<Request, Resource> {
        let hidden = hiddenFields.filter { $0.isHidden(in: version) }
        return Requested(try read(BodyReader(root: body))) { request, stored in
            for field in hidden { field.keep(&request, stored) }
        }
    }

    /// The resource; nil when it, or what holds it, is not there.
    func find(_ call: ServedCall) async throws -> Resource? {
        try await unlessMissing { try await get(call) }
    }
}

/// What `look` returns; nil where its error says that something on the way is not there.
func unlessMissing<Value>(_ look: () async throws -> Value) async throws -> Value? {
    do {
        return try await look()
    } catch let error as ARMError where error.code.status == .notFound {
        return nil
    }
}
