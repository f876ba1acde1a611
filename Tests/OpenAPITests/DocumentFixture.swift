import Foundation
import Resources
import TestSupport

/// Small documents, written in a test.
enum DocumentFixture {
    /// A document of these paths and components, each given as JSON.
    static func document(paths: String = "{}", components: String = "{}", version: String = "3.0.3") throws -> JSONValue
    {
        try JSONParser.parse(
            Data(#"{"openapi": "\#(version)", "paths": \#(paths), "components": \#(components)}"#.utf8))
    }

    /// What a schema says of a value, both given as JSON.
    static func problems(_ schema: String, _ value: String, components: String = "{}") throws -> [String] {
        let document = try OpenAPIDocument(documents: [("fixture", try document(components: components))])
        return SchemaValidator(document).problems(
            of: try JSONParser.parse(Data(value.utf8)), try JSONParser.parse(Data(schema.utf8)), at: "$")
    }
}
