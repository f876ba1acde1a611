import Resources

/// What the names in expressions mean: the parameters, variables and functions of a template, and where it runs.
/// A nested template of outer scope is evaluated in its parent's.
struct Environment: Sendable {
    var context: DeploymentContext
    /// Bound values by name in lower case.
    var parameters: [String: JSONValue]
    /// Parameters that get their values only when the deployment runs, by name in lower case.
    var undeterminedParameters: Set<String> = []
    /// Resources are missing here whose names depend on such a parameter: a name that is not found may be theirs.
    var hasUndeterminedResources = false
    /// As they are written, by name in lower case.
    var variables: [String: TemplateVariable]
    /// Of those that are evaluated already.
    var variableValues: [String: JSONValue] = [:]
    /// What may still be spent on finding mistakes before anything runs.
    var allowance = SurveyAllowance()
    var functions: [String: UserFunction]
    var definitions: TypeDefinitions
    /// What is parsed already, by text.
    var expressions: [String: TemplateText]
    /// For `deployment().properties.template`.
    var templateSummary: JSONValue
    /// Symbolic names in lower case, for `reference('name')`: ids of what they stand for, in the order of a loop.
    var symbols: [String: SymbolTarget] = [:]
    /// Full names of the deployed resources in lower case and their ids: `reference('name')` of older templates.
    var resourceNames: [String: [String]] = [:]
    /// Versions that the template deploys its resources with, by id in lower case.
    var deployedVersions: [String: String] = [:]
}

/// What a symbolic name stands for.
struct SymbolTarget: Sendable {
    var ids: [String]
    var isLoop: Bool
    var apiVersion: String?
}

/// Where in a template an expression stands: some functions are allowed in some places only.
enum ExpressionPlace: Sendable {
    case parameterDefault
    case variable
    case userFunction
    /// What must be known before anything is deployed: names, types, conditions, counts, dependencies.
    case resourceHeader
    case resourceBody
    case output

    var name: String {
        switch self {
        case .parameterDefault: "the default value of a parameter"
        case .variable: "a variable"
        case .userFunction: "a user-defined function"
        case .resourceHeader: "the name, type, condition, count or dependencies of a resource"
        case .resourceBody: "the properties of a resource"
        case .output: "an output"
        }
    }

    var allowsRuntimeFunctions: Bool {
        switch self {
        case .resourceBody, .output: true
        case .parameterDefault, .variable, .userFunction, .resourceHeader: false
        }
    }
}

/// The values that exist only at one place: loops, lambda variables, arguments of a user function.
struct Frame: Sendable {
    struct Copy: Sendable, Equatable {
        var name: String
        var index: Int
    }

    var place: ExpressionPlace
    /// Loops around the place, the innermost last.
    var copies: [Copy] = []
    /// By name in lower case.
    var lambdaVariables: [String: JSONValue] = [:]
    /// Inside a user function: its arguments, by name in lower case.
    var arguments: [String: JSONValue]?

    func inLoop(_ name: String, at index: Int) -> Frame {
        var frame = self
        frame.copies.append(Copy(name: name, index: index))
        return frame
    }

    func at(_ place: ExpressionPlace) -> Frame {
        var frame = self
        frame.place = place
        return frame
    }
}
