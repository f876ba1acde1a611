import Foundation
package import Postgres
package import Resources
import Store
import Templates

/// A namespace of providers with its types.
package struct ProviderNamespace: Sendable {
    package struct ResourceType: Sendable {
        /// Without the namespace.
        package var name: String
        /// The oldest first.
        package var apiVersions: [APIVersion]
    }

    package var name: String
    package var types: [ResourceType]
    package var locations: [String]
}

/// What is served, and lists over all of it.
package struct ResourceCatalogService: Sendable {
    private let database: Database
    private let providers: ResourceProviders

    package init(database: Database, providers: ResourceProviders) {
        (self.database, self.providers) = (database, providers)
    }

    /// Every namespace; its regions are those of the subscription's groups, since any name of a region is taken.
    package func namespaces(caller: Caller, subscription: String) async throws -> [ProviderNamespace] {
        let groups = try await ScopeService(database: database).listGroups(caller: caller, subscription: subscription)
        let locations = Set(groups.map(\.location)).sorted()
        var found: [ProviderNamespace] = []
        for provider in providers.all {
            let parts = provider.type.split(separator: "/", maxSplits: 1).map(String.init)
            let type = ProviderNamespace.ResourceType(name: parts[1], apiVersions: provider.apiVersions)
            if let index = found.firstIndex(where: { $0.name == parts[0] }) {
                found[index].types.append(type)
            } else {
                found.append(ProviderNamespace(name: parts[0], types: [type], locations: locations))
            }
        }
        return found
    }

    /// Every resource of a group, or of a subscription, as GETs show it.
    package func list(
        caller: Caller, subscription: String, resourceGroup: String?, baseURL: String
    ) async throws -> [JSONValue] {
        let scopes = ScopeService(database: database)
        var groups: [String] = []
        if let resourceGroup {
            groups = [
                try await scopes.getGroup(caller: caller, subscription: subscription, name: resourceGroup).name
            ]
        } else {
            groups = try await scopes.listGroups(caller: caller, subscription: subscription).map(\.name)
        }
        let rights = try await AccessService(database: database).rights(of: caller)
        var found: [JSONValue] = []
        for group in groups {
            found += try await ResourceInventory(providers: providers)
                .list(subscription: subscription, resourceGroup: group, caller, baseURL: baseURL, within: rights)
                .map(\.resource)
        }
        return found
    }

    /// A template that makes the resources of a group, or those that are named, as they are.
    package func template(
        caller: Caller, subscription: String, resourceGroup: String, resources ids: [String], baseURL: String
    ) async throws -> JSONValue {
        let group = try await ScopeService(database: database).getGroup(
            caller: caller, subscription: subscription, name: resourceGroup)
        let all = try await ResourceInventory(providers: providers).list(
            subscription: subscription, resourceGroup: group.name, caller, baseURL: baseURL,
            within: try await AccessService(database: database).rights(of: caller))
        let wanted = Set(ids.map { $0.lowercased() })
        let present = Set(all.compactMap { $0.resource["id"]?.text?.lowercased() })
        if let missing = ids.first(where: { $0 != "*" && !present.contains($0.lowercased()) }) {
            throw ARMError(
                .resourceNotFound, "The resource '\(missing.prefix(300))' was not found in the group '\(group.name)'.",
                target: "$.resources")
        }
        let chosen = all.filter { wanted.contains("*") || wanted.contains($0.resource["id"]?.text?.lowercased() ?? "") }
        let resources = chosen.map { provider, resource in
            TemplateExport.resource(resource, apiVersion: provider.newestVersion)
        }
        return JSONValue.object([
            "$schema": .string("https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"),
            "contentVersion": .string("1.0.0.0"), "parameters": .object(JSONObject()),
            "variables": .object(JSONObject()), "resources": .array(resources),
        ])
    }
}

/// Makes declarations of a template from what GETs show.
enum TemplateExport {
    /// Members and properties that the service writes itself.
    private static let written: Set<String> = ["id", "name", "type", "systemData", "etag"]
    private static let writtenProperties: Set<String> = [
        "provisioningState", "scoringUri", "swaggerUri", "workspaceId", "discoveryUrl", "tenantId", "keys",
    ]

    static func resource(_ resource: JSONValue, apiVersion: APIVersion) -> JSONValue {
        guard let address = ResourceAddress(id: resource["id"]?.text ?? "") else { return .null }
        var declaration = JSONObject([
            ("type", .string(address.type)), ("apiVersion", .string(apiVersion.description)),
            ("name", .string(escaped(address.name))),
        ])
        if let parent = address.parent {
            let names = parent.names.map { "'\($0)'" }.joined(separator: ", ")
            declaration.set("dependsOn", .array([.string("[resourceId('\(parent.type)', \(names))]")]))
        }
        for member in resource.members where !written.contains(member.name) {
            guard member.name == "properties" else {
                declaration.set(member.name, escaped(member.value))
                continue
            }
            let kept = member.value.members.filter { !writtenProperties.contains($0.name) && $0.value != .null }
            declaration.set("properties", escaped(.object(JSONObject(kept.map(withoutServiceBag)))))
        }
        return .object(declaration)
    }

    /// The property bag holds what the service notes; that is not part of a request.
    private static func withoutServiceBag(_ member: (name: String, value: JSONValue)) -> (
        name: String, value: JSONValue
    ) {
        guard member.name == "properties", case .object(let bag) = member.value else { return member }
        let own = bag.members.filter { !ServicePropertyKeys.contains($0.name) }
        return (member.name, .object(JSONObject(own)))
    }

    /// Texts that would be taken for expressions.
    private static func escaped(_ text: String) -> String { text.hasPrefix("[") ? "[\(text)" : text }

    private static func escaped(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(escaped(text))
        case .array(let elements): .array(elements.map { escaped($0) })
        case .object(let object): .object(JSONObject(object.members.map { ($0.name, escaped($0.value)) }))
        default: value
        }
    }
}
