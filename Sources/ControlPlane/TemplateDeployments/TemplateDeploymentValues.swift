import Identity
package import Resources
import Templates

/// Parameters, outputs and summaries as deployments show them. Values of secure ones are left out.
enum TemplateDeploymentValues {
    static func parameters(_ bound: [BoundParameter]) -> JSONValue {
        .object(JSONObject(bound.map { shown($0.name, type: $0.typeName, $0.isSecure ? nil : $0.value) }))
    }

    static func outputs(_ values: [Expansion.OutputValue]) -> JSONValue {
        .object(JSONObject(values.map { shown($0.name, type: $0.typeName, $0.isSecure ? nil : $0.value) }))
    }

    private static func shown(_ name: String, type: String, _ value: JSONValue?) -> (name: String, value: JSONValue) {
        var shown = JSONObject([("type", .string(type))])
        if let value { shown.set("value", value) }
        return (name, .object(shown))
    }

    /// `providers` and `dependencies` of a deployment.
    static func summary(_ expansion: Expansion) -> JSONValue {
        let deployed = expansion.resources.filter { $0.isDeployed && !$0.isExisting }
        var types: [String: [String]] = [:]
        for resource in deployed {
            let parts = resource.type.split(separator: "/", maxSplits: 1).map(String.init)
            guard parts.count == 2, types[parts[0], default: []].contains(parts[1]) == false else { continue }
            types[parts[0], default: []].append(parts[1])
        }
        let providers = types.sorted { $0.key < $1.key }.map { namespace, names in
            JSONValue.object([
                "namespace": .string(namespace),
                "resourceTypes": .array(
                    names.map { JSONValue.object(["resourceType": .string($0), "locations": .array([])]) }),
            ])
        }
        func describe(_ resource: PlannedResource) -> JSONObject {
            JSONObject([
                ("id", .string(resource.id)), ("resourceType", .string(resource.type)),
                ("resourceName", .string(resource.name)),
            ])
        }
        let dependencies = deployed.filter { !$0.dependencies.isEmpty }.map { resource in
            var entry = describe(resource)
            entry.set(
                "dependsOn", .array(resource.dependencies.map { .object(describe(expansion.resources[$0])) }))
            return JSONValue.object(entry)
        }
        return JSONValue.object(["providers": .array(providers), "dependencies": .array(dependencies)])
    }
}

/// A number that changes when a template does: opaque, and the same for the same template however it is spaced.
package enum TemplateHash {
    /// 64 bits as a decimal number.
    package static func text(of template: JSONValue) -> String {
        let digest = Digests.sha256Hex(JSONWriter.text(of: template))
        return String(UInt64(digest.prefix(16), radix: 16) ?? 0)
    }
}
