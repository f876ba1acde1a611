package import Foundation

/// The OpenAPI document that is served: the files of `openapi/`, one per provider, put together.
package enum ContractDocument {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Paths and components of all files; the description of `sluice.json`.
    package static func load(_ directory: URL) throws -> Data {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0.hasSuffix(".json") }
            .sorted()
        var merged: [String: Any] = [:]
        var paths: [String: Any] = [:]
        var components: [String: [String: Any]] = [:]
        var tags: [Any] = []
        for name in names {
            let bytes = try Data(contentsOf: directory.appending(path: name))
            guard let document = try JSONSerialization.jsonObject(with: bytes) as? [String: Any] else {
                throw Failure(description: "\(name) is not an object")
            }
            if merged.isEmpty || name == "sluice.json" { merged = document }
            tags += document["tags"] as? [Any] ?? []
            paths.merge(document["paths"] as? [String: Any] ?? [:]) { first, _ in first }
            for (kind, entries) in document["components"] as? [String: [String: Any]] ?? [:] {
                components[kind, default: [:]].merge(entries) { first, _ in first }
            }
        }
        merged["paths"] = paths
        merged["components"] = components
        merged["tags"] = tags
        return try JSONSerialization.data(withJSONObject: merged, options: [.sortedKeys, .withoutEscapingSlashes])
    }
}
