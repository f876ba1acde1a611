package import Foundation
package import Resources

/// Why documents can't be used.
package struct OpenAPIDocumentError: Error, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// Paths and components of several OpenAPI documents, merged as the server merges them.
package struct OpenAPIDocument: Sendable {
    /// Path items in the order of the files.
    package private(set) var paths: [(name: String, value: JSONValue)] = []
    /// `schemas/OnlineEndpoint` and the like.
    package private(set) var components: [String: JSONValue] = [:]

    package static let methods = ["get", "head", "put", "post", "patch", "delete", "options", "trace"]

    /// `openapi/` of this repository.
    package static var repositoryDirectory: URL {
        var root = URL(filePath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        return root.appending(path: "openapi", directoryHint: .isDirectory)
    }

    /// All `.json` files of a directory, by name.
    package init(directory: URL) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0.hasSuffix(".json") }
        guard !names.isEmpty else { throw OpenAPIDocumentError("no documents in \(directory.path)") }
        try self.init(
            documents: names.sorted().map { name in
                (name, try JSONParser.parse(Data(contentsOf: directory.appending(path: name))))
            })
    }

    /// - Throws: when a path stands in two documents, or one name of a component means two things.
    package init(documents: [(name: String, value: JSONValue)]) throws {
        for (file, document) in documents {
            guard let version = document[exactly: "openapi"]?.text, version.hasPrefix("3.0.") else {
                throw OpenAPIDocumentError("\(file) is no document of OpenAPI 3.0")
            }
            for path in document[exactly: "paths"]?.members ?? [] {
                guard !paths.contains(where: { $0.name == path.name }) else {
                    throw OpenAPIDocumentError("\(file) repeats the path \(path.name)")
                }
                paths.append(path)
            }
            for kind in document[exactly: "components"]?.members ?? [] {
                for component in kind.value.members {
                    try add("\(kind.name)/\(component.name)", component.value, from: file)
                }
            }
        }
    }

    private mutating func add(_ name: String, _ component: JSONValue, from file: String) throws {
        guard components[name] == nil || components[name] == component else {
            throw OpenAPIDocumentError("\(file) has another \(name) than the files before it")
        }
        components[name] = component
    }

    /// The value itself, or what its `$ref` leads to; nil when that does not exist.
    package func resolve(_ value: JSONValue) -> JSONValue? {
        var value = value
        // A chain longer than this is a circle.
        for _ in 0..<16 {
            guard let reference = value[exactly: "$ref"]?.text else { return value }
            guard let target = component(reference) else { return nil }
            value = target
        }
        return nil
    }

    /// `#/components/{kind}/{name}`; nothing else is used.
    private func component(_ reference: String) -> JSONValue? {
        let prefix = "#/components/"
        guard reference.hasPrefix(prefix) else { return nil }
        return components[String(reference.dropFirst(prefix.count))]
    }

    /// The documented answer of a status: by its code, by its class, or for errors the default.
    func response(of operation: JSONValue, status: Int) -> JSONValue? {
        let responses = operation[exactly: "responses"]
        let exact = responses?[exactly: String(status)] ?? responses?[exactly: "\(status / 100)XX"]
        guard let found = exact ?? (status >= 400 ? responses?[exactly: "default"] : nil) else { return nil }
        return resolve(found)
    }
}

extension JSONValue {
    /// A member by its exact name, where the look-up of `Resources` also takes other cases of letters.
    package subscript(exactly name: String) -> JSONValue? {
        members.first { $0.name == name }?.value
    }

    /// An integer or a number.
    var quantity: Double? {
        switch self {
        case .integer(let integer): Double(integer)
        case .number(let number): number
        default: nil
        }
    }
}
