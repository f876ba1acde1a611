package import Resources
import Templates

/// On whose behalf a provider is called, and in which version of its types.
package struct ProviderCall: Sendable {
    package var caller: Caller
    package var apiVersion: APIVersion
    /// `https://host:port`, as the caller of the deployment reached us.
    package var baseURL: String

    package init(caller: Caller, apiVersion: APIVersion, baseURL: String) {
        (self.caller, self.apiVersion, self.baseURL) = (caller, apiVersion, baseURL)
    }
}

/// What a provider made of a body.
package struct ProviderOutcome: Sendable {
    /// Brings the change about; nil when nothing is left to do.
    package var operation: ResourceOperation?
    package var wasMade: Bool

    package init(operation: ResourceOperation?, wasMade: Bool) {
        (self.operation, self.wasMade) = (operation, wasMade)
    }

    package init(_ written: Written<some Sendable>) {
        self.init(operation: written.operation, wasMade: written.wasMade)
    }
}

/// The resources that one deployment makes, nested ones included: what need not exist yet.
package struct PlannedResources: Sendable {
    /// By id in lower case; what is known of each body.
    private var bodies: [String: JSONValue] = [:]

    package init() {}

    package mutating func insert(_ id: String, _ body: JSONValue) {
        bodies[id.lowercased()] = body
    }

    package func contains(_ id: String) -> Bool { bodies[id.lowercased()] != nil }

    package func body(of id: String) -> JSONValue? { bodies[id.lowercased()] }

    /// Ids in lower case.
    package var ids: Set<String> { Set(bodies.keys) }
}

/// Makes, reads and deletes the resources of one type for templates, by the services that the routes call.
///
/// Bodies and responses have the wire's shape: a template refers to what a GET shows.
package protocol ResourceProvider: Sendable {
    /// `Microsoft.MachineLearningServices/workspaces/onlineEndpoints`.
    var type: String { get }
    var apiVersions: [APIVersion] { get }
    /// Deleted by the mode Complete when the template does not name it.
    var isDeletedByCompleteMode: Bool { get }
    /// The deletion of one takes its children along.
    var deletesChildren: Bool { get }
    /// Fields of a body that hold secrets, such as `properties.credentials`.
    var secrets: [String] { get }

    /// As a GET shows it; nil when it is not there.
    func get(_ address: ResourceAddress, _ call: ProviderCall) async throws -> JSONValue?
    /// Everything that can be told to be wrong with a body before it is put. The targets begin with `$`, the body.
    func preflight(
        _ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall, planned: PlannedResources
    ) async throws -> [ARMError]
    func put(_ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall) async throws -> ProviderOutcome
    /// What a GET would show after the put of a body on what is there now.
    func predict(_ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall) async throws -> JSONValue?
    /// The operation of the deletion; nil when it is done at once.
    func delete(_ address: ResourceAddress, _ call: ProviderCall) async throws -> ResourceOperation?
    /// Everything of the type in a group, as GETs show them.
    func list(subscription: String, resourceGroup: String, _ call: ProviderCall) async throws -> [JSONValue]
    /// A POST such as `listKeys`.
    func act(
        _ verb: String, _ address: ResourceAddress, _ body: JSONValue?, _ call: ProviderCall
    ) async throws -> JSONValue
    /// The body to put first, when this one names children that the same deployment makes after it; nil when it can be
    /// put at once.
    func bodyBeforeChildren(
        _ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall
    ) async throws -> JSONValue?
    /// Ids of children that a body cannot do without.
    func neededChildren(of address: ResourceAddress, _ body: JSONValue) -> [String]
}

extension ResourceProvider {
    package var newestVersion: APIVersion { apiVersions.last ?? .reference }
    package var isDeletedByCompleteMode: Bool { false }
    package var deletesChildren: Bool { false }
    package var secrets: [String] { [] }

    package func act(
        _ verb: String, _ address: ResourceAddress, _ body: JSONValue?, _ call: ProviderCall
    ) async throws -> JSONValue {
        throw ARMError(
            .resourceNotFound, "Resources of the type '\(type)' have no action '\(verb)'.", target: address.id)
    }

    package func bodyBeforeChildren(
        _ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall
    ) async throws -> JSONValue? { nil }

    package func neededChildren(of address: ResourceAddress, _ body: JSONValue) -> [String] { [] }
}

/// The providers of all types.
package struct ResourceProviders: Sendable {
    private let byType: [String: any ResourceProvider]
    package let all: [any ResourceProvider]

    package init(_ providers: [any ResourceProvider]) {
        all = providers
        byType = Dictionary(providers.map { ($0.type.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The provider of a type and the version to call it in; throws the errors of ARM for what is not served.
    package func find(
        _ type: String, apiVersion text: String
    ) throws(ARMError) -> (provider: any ResourceProvider, version: APIVersion) {
        let provider = try find(type)
        guard let version = APIVersion(text)?.served(by: provider.apiVersions) else {
            let list = provider.apiVersions.map(\.description).joined(separator: ", ")
            throw ARMError(
                .noRegisteredProviderFound,
                "No registered resource provider found for the API version '\(text.prefix(64))' of the type '\(type)'. The "
                    + "supported api-versions are '\(list)'.")
        }
        return (provider, version)
    }

    package func find(_ type: String) throws(ARMError) -> any ResourceProvider {
        if let provider = byType[type.lowercased()] { return provider }
        let namespace = String(type.prefix { $0 != "/" })
        guard all.contains(where: { $0.type.lowercased().hasPrefix(namespace.lowercased() + "/") }) else {
            let known = Set(all.map { String($0.type.prefix { $0 != "/" }) }).sorted().joined(separator: ", ")
            throw ARMError(
                .invalidResourceNamespace,
                "The resource namespace '\(namespace.prefix(100))' is not served here; \(known) are.")
        }
        throw ARMError(.invalidResourceType, "The resource type '\(type.prefix(200))' is not served here.")
    }
}

extension APIVersion {
    /// The version to respond with: this one, or the nearest older one for a version of a time that is served. Templates
    /// hold versions that were withdrawn since.
    func served(by versions: [APIVersion]) -> APIVersion? {
        guard let oldest = versions.first, let newest = versions.last, self <= newest else { return nil }
        return versions.last { $0 <= self } ?? oldest
    }
}
