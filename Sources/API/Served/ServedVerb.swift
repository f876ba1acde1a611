import HTTPTypes
import Resources

/// What may be asked of a resource beside its methods: a POST such as `listKeys`, or something to read below it.
struct ServedVerb: Sendable {
    enum Body: Sendable {
        case none, optional, required
    }

    /// What a verb comes to.
    enum Outcome: Sendable {
        case document(JSONValue)
        /// One that nobody may keep.
        case secret(JSONValue)
        case list(Page<JSONValue>)
        case operation(ResourceOperation)
    }

    typealias Run = @Sendable (ServedCall, BodyReader) async throws -> Outcome

    /// The last word of the path.
    let name: String
    let method: HTTPRequest.Method
    /// Whether whoever may write the resource may do this; else it takes a right of its own.
    let isWrite: Bool
    let body: Body
    let run: Run

    /// A POST, which takes the right `{name}/action`, or that to write.
    static func post(_ name: String, isWrite: Bool = false, body: Body = .none, _ run: @escaping Run) -> ServedVerb {
        ServedVerb(name: name, method: .post, isWrite: isWrite, body: body, run: run)
    }

    /// A GET, which takes the right `{name}/read`.
    static func get(_ name: String, _ run: @escaping Run) -> ServedVerb {
        ServedVerb(name: name, method: .get, isWrite: false, body: .none, run: run)
    }

    /// Whether templates may ask it, as their functions `list…` do.
    var isForTemplates: Bool { method == .post && name.hasPrefix("list") }
}
