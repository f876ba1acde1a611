package import Resources

/// A template whose sections are read; its expressions are not evaluated yet.
package struct Template: Sendable {
    package enum Level: Sendable, Equatable {
        case resourceGroup
        case subscription
    }

    package struct Parameter: Sendable {
        package let name: String
        let schema: TypeSchema
        package let defaultValue: JSONValue?
        /// Names of the parameters that an expression in the default value may need are found when it is evaluated.
        let path: String
    }

    package struct Output: Sendable {
        package let name: String
        let schema: TypeSchema
        let declaration: JSONObject
        let path: String
    }

    /// A resource as it is written.
    struct Resource: Sendable {
        /// In a template with symbolic names.
        let symbolicName: String?
        let declaration: JSONObject
        let path: String
    }

    package let level: Level
    package let contentVersion: String
    package let languageVersion: String?
    package let apiProfile: String?
    /// Resources are named by symbols (language version 2.0 and its experimental forerunners).
    package let hasSymbolicNames: Bool
    package let parameters: [Parameter]
    let definitions: TypeDefinitions
    /// As they are written, by name in lower case.
    let variables: [String: TemplateVariable]
    let functions: [String: UserFunction]
    let resources: [Resource]
    package let outputs: [Output]
    /// Its expressions by their texts: they are parsed once for all iterations and evaluations.
    let expressions: [String: TemplateText]
    /// The document as it was sent.
    package let document: JSONValue
}

/// What a variable is made from.
enum TemplateVariable: Sendable {
    case value(JSONValue)
    /// An array, made by a loop.
    case loop(PropertyLoop)
}

/// A function of the template itself.
struct UserFunction: Sendable {
    struct Parameter: Sendable {
        var name: String
        var schema: TypeSchema
    }

    var parameters: [Parameter]
    var output: JSONValue
    var outputSchema: TypeSchema
    var path: String
}
