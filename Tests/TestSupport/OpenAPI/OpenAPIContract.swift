package import Foundation
import Resources

/// The documents of `openapi/` as a judge of responses (OpenAPI 3.0.3).
///
/// ```swift
/// let contract = try OpenAPIContract(directory: OpenAPIDocument.repositoryDirectory)
/// let problems = contract.problems(
///     method: "GET", path: request.path, status: 200, headers: answer.headers, body: answer.body)
/// #expect(problems.isEmpty)
/// ```
/// Only answers are judged: tests send wrong requests on purpose.
package struct OpenAPIContract: Sendable {
    /// One operation of the contract.
    package struct Operation: Sendable, Hashable {
        /// `OnlineEndpoints_CreateOrUpdate`.
        package let id: String
        /// In capitals.
        package let method: String
        /// With its parameters in braces.
        package let path: String
    }

    /// Every operation, by path and method.
    package let operations: [Operation]
    private let templates: [PathTemplate]
    private let definitions: [Operation: JSONValue]
    private let document: OpenAPIDocument

    /// Reads and merges all JSON files of a directory.
    /// - Throws: `OpenAPIDocumentError` for files that contradict each other or are no documents.
    package init(directory: URL) throws {
        try self.init(document: OpenAPIDocument(directory: directory))
    }

    /// - Throws: `OpenAPIDocumentError` for an operation without an id.
    package init(document: OpenAPIDocument) throws {
        var definitions: [Operation: JSONValue] = [:]
        for (path, item) in document.paths {
            for method in OpenAPIDocument.methods {
                guard let definition = item[exactly: method] else { continue }
                guard let id = definition[exactly: "operationId"]?.text else {
                    throw OpenAPIDocumentError("\(method) \(path) has no operationId")
                }
                definitions[Operation(id: id, method: method.uppercased(), path: path)] = definition
            }
        }
        (self.document, self.definitions) = (document, definitions)
        operations = definitions.keys.sorted { ($0.path, $0.method) < ($1.path, $1.method) }
        templates = document.paths.map { path, item in
            PathTemplate(path, takesRest: item[exactly: Self.takesRest]?.flag ?? false)
        }
    }

    /// Our own word for a path whose last parameter may hold slashes, which OpenAPI has no word for.
    private static let takesRest = "x-sluice-takes-rest"

    /// The operation that a call means; a query behind the path is left aside.
    package func operation(method: String, path: String) -> Operation? {
        let matching = templates.filter { $0.matches(path) }
        let candidates = matching.sorted { $0.isMoreSpecific(than: $1) }
        for template in candidates {
            let found = operations.first { $0.path == template.text && $0.method == method.uppercased() }
            if let found { return found }
        }
        return nil
    }

    /// What of a response breaks the contract; each text names the operation, the place and the rule.
    package func problems(
        method: String, path: String, status: Int, headers: [(String, String)], body: Data
    ) -> [String] {
        guard let operation = operation(method: method, path: path), let definition = definitions[operation] else {
            return ["\(method) \(path): no such operation in the contract (paths)"]
        }
        let place = "\(operation.id) \(status)"
        guard let response = document.response(of: definition, status: status) else {
            return ["\(place): the status is not documented (responses)"]
        }
        let judge = ResponseJudge(document: document, isHead: operation.method == "HEAD")
        return judge.problems(of: response, headers: headers, body: body).map { "\(place): \($0)" }
    }
}
