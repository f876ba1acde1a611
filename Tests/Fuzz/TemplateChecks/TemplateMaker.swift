import Resources

/// Makes templates that look valid, of expressions of `ExpressionMaker`.
struct TemplateMaker {
    private var maker: ExpressionMaker

    init(_ bytes: [UInt8]) {
        maker = ExpressionMaker(ByteSource(bytes))
    }

    mutating func template() -> JSONValue {
        template(depth: 0)
    }

    private mutating func template(depth: Int) -> JSONValue {
        let hasSymbols = maker.source.chance(in: 3)
        var members: [(name: String, value: JSONValue)] = [
            ("$schema", .string("https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#")),
            ("contentVersion", .string("1.0.0.0")),
        ]
        if hasSymbols { members.append(("languageVersion", .string("2.0"))) }
        members.append(("parameters", parameters()))
        members.append(("functions", Self.functions))
        members.append(("variables", variables()))
        let resources = (0..<maker.source.below(4)).map { resource($0, hasSymbols: hasSymbols, depth: depth) }
        members.append(
            (
                "resources",
                hasSymbols
                    ? .object(JSONObject(resources.enumerated().map { ("r\($0.offset)", $0.element) }))
                    : .array(resources)
            ))
        members.append(("outputs", outputs()))
        return .object(JSONObject(members))
    }

    private static let functions: JSONValue = .array([
        .object(
            JSONObject([
                ("namespace", .string("own")),
                (
                    "members",
                    .object(
                        JSONObject([
                            ("f", function([("x", "object")], "object", "[parameters('x')]")),
                            (
                                "g",
                                function(
                                    [("s", "string"), ("i", "int")], "string",
                                    "[concat(parameters('s'), parameters('i'))]")
                            ),
                        ]))
                ),
            ]))
    ])

    private static func function(_ parameters: [(String, String)], _ type: String, _ value: String) -> JSONValue {
        .object(
            JSONObject([
                (
                    "parameters",
                    .array(
                        parameters.map { .object(JSONObject([("name", .string($0.0)), ("type", .string($0.1))])) })
                ),
                ("output", .object(JSONObject([("type", .string(type)), ("value", .string(value))]))),
            ]))
    }

    private mutating func parameters() -> JSONValue {
        var members: [(name: String, value: JSONValue)] = []
        for index in 0..<3 {
            var declaration: [(name: String, value: JSONValue)] = [
                ("type", .string(maker.source.one(of: ["string", "int", "bool", "array", "object", "securestring"])))
            ]
            if maker.source.chance(in: 4) { declaration.append(("minLength", .integer(1))) }
            declaration.append(("defaultValue", maker.source.chance(in: 2) ? value(0) : .string("a")))
            members.append(("p\(index)", .object(JSONObject(declaration))))
        }
        return .object(JSONObject(members))
    }

    private mutating func variables() -> JSONValue {
        var members: [(name: String, value: JSONValue)] = (0..<4).map { ("v\($0)", value(0)) }
        if maker.source.chance(in: 2) { members.append(("copy", .array([loop(name: "loop")]))) }
        return .object(JSONObject(members))
    }

    private mutating func loop(name: String) -> JSONValue {
        .object(JSONObject([("name", .string(name)), ("count", count()), ("input", value(1))]))
    }

    private mutating func count() -> JSONValue {
        maker.source.chance(in: 3) ? .string(maker.text()) : .integer(maker.source.one(of: [0, 1, 2, 3, 20, 800, 801]))
    }

    /// Any JSON with expressions in it.
    private mutating func value(_ depth: Int) -> JSONValue {
        switch maker.source.below(depth < 4 ? 8 : 4) {
        case 0, 1, 2: return .string(maker.text())
        case 3:
            return maker.source.one(of: [
                .null, .boolean(true), .integer(5), .number(1.5), .string("[[x]"), .string("a"),
            ])
        case 4, 5: return .array((0..<maker.source.below(4)).map { _ in value(depth + 1) })
        default:
            var members: [(name: String, value: JSONValue)] = []
            for index in 0..<maker.source.below(4) {
                members.append((maker.source.chance(in: 6) ? maker.text() : "k\(index)", value(depth + 1)))
            }
            if maker.source.chance(in: 6) { members.append(("copy", .array([loop(name: "inner")]))) }
            return .object(JSONObject(members))
        }
    }

    private mutating func resource(_ index: Int, hasSymbols: Bool, depth: Int) -> JSONValue {
        let isDeployment = depth < 3 && maker.source.chance(in: 4)
        let name = maker.source.one(of: ["r\(index)", "[concat('r\(index)-', copyIndex())]", maker.text()])
        var members: [(name: String, value: JSONValue)] = [
            (
                "type",
                .string(
                    isDeployment
                        ? "Microsoft.Resources/deployments" : maker.source.one(of: ["A.B/c", "A.B/c", "A.B/c/d"]))
            ),
            ("apiVersion", .string("2024-04-01")), ("name", .string(name)),
        ]
        if maker.source.chance(in: 2) {
            var copy: [(name: String, value: JSONValue)] = [("name", .string("loop\(index)")), ("count", count())]
            if maker.source.chance(in: 2) { copy += [("mode", .string("Serial")), ("batchSize", .integer(2))] }
            members.append(("copy", .object(JSONObject(copy))))
        }
        if maker.source.chance(in: 3) { members.append(("condition", .string(maker.text()))) }
        if maker.source.chance(in: 2) {
            let names = ["r0", "r1", "r2[0]", "loop0", maker.text()]
            members.append(("dependsOn", .array((0..<2).map { _ in .string(maker.source.one(of: names)) })))
        }
        if maker.source.chance(in: 6) { members.append(("scope", .string(maker.text()))) }
        if maker.source.chance(in: 6) { members.append(("existing", .boolean(true))) }
        members.append(("properties", isDeployment ? deployment(depth) : value(0)))
        if !isDeployment, depth < 3, maker.source.chance(in: 5) {
            members.append(("resources", .array([resource(index + 10, hasSymbols: hasSymbols, depth: depth + 1)])))
        }
        return .object(JSONObject(members))
    }

    private mutating func deployment(_ depth: Int) -> JSONValue {
        var members: [(name: String, value: JSONValue)] = [("mode", .string("Incremental"))]
        if maker.source.chance(in: 2) {
            members.append(("expressionEvaluationOptions", .object(JSONObject([("scope", .string("inner"))]))))
        }
        members.append(("parameters", .object(JSONObject([("p0", .object(JSONObject([("value", value(1))])))]))))
        members.append(("template", template(depth: depth + 1)))
        return .object(JSONObject(members))
    }

    private mutating func outputs() -> JSONValue {
        var members: [(name: String, value: JSONValue)] = []
        for index in 0..<maker.source.below(3) {
            var declaration: [(name: String, value: JSONValue)] = [
                ("type", .string(maker.source.one(of: ["object", "string", "int", "array", "securestring"]))),
                ("value", value(0)),
            ]
            if maker.source.chance(in: 4) { declaration.append(("condition", .string(maker.text()))) }
            members.append(("o\(index)", .object(JSONObject(declaration))))
        }
        return .object(JSONObject(members))
    }
}
