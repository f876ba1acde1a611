import Resources
import Testing

@testable import Templates

/// What is known of a nested template before its parent has found the values of all its parameters.
@Suite struct UndeterminedParameterTests {
    private typealias Fixture = TemplateFixture

    /// The expansion of a nested template of inner scope with the parameters `known` and `late`, whose value is an
    /// output of another deployment.
    private static func child(
        _ sections: String, parameters: String = #""late": {"value": "[reference('first').outputs.o.value]"}"#,
        declared: String = "", version: String? = nil
    ) throws -> Expansion {
        let inner = JSONWriter.text(
            of: Fixture.template(
                #""parameters": {"known": {"type": "string"}, "late": {"type": "string"}\#(declared)}, \#(sections)"#,
                version: version))
        let deployment = Fixture.resource(
            "child",
            #"""
            "properties": {"expressionEvaluationOptions": {"scope": "inner"},
            "parameters": {"known": {"value": "k"}, \#(parameters)}, "template": \#(inner)}
            """#, type: "Microsoft.Resources/deployments")
        let first = Fixture.resource(
            "first",
            #""properties": {"template": \#(JSONWriter.text(of: Fixture.template(#""resources": []"#)))}"#,
            type: "Microsoft.Resources/deployments")
        let expansion = try Fixture.expand("[\(first), \(deployment)]")
        return try program(of: "child", in: expansion).expand()
    }

    private static func program(of name: String, in expansion: Expansion) throws -> DeploymentProgram {
        let resource = try #require(expansion.resource(name))
        let preview = expansion.preview(of: resource)
        let nested = try #require(try expansion.nested(resource, previewed: preview))
        guard case .inline(let document) = nested.source else {
            throw TemplateProblem(.invalidTemplate, "no inline template")
        }
        return try expansion.program(
            nested, template: document, of: resource, context: Fixture.context(name: name), inputs: Fixture.inputs)
    }

    @Test func `resources that do not need it are known`() throws {
        let expansion = try Self.child(
            #""resources": [\#(Fixture.resource("[parameters('known')]", #""tags": {"t": "[parameters('known')]"}"#))]"#
        )
        #expect(expansion.resources.map(\.name) == ["k"])
        #expect(expansion.undetermined.isEmpty)
        let preview = expansion.preview(of: expansion.resources[0])
        #expect(preview.isComplete && preview.body["tags"]?["t"] == .string("k"))
    }

    @Test(arguments: [
        "parameters('late')", "concat('a-', parameters('late'))", "variables('late')",
        "concat('a-', variables('late'))",
        "variables('deep').a[0]", "parameters('derived')",
    ])
    func `an expression stands for itself where it needs it`(expression: String) throws {
        let expansion = try Self.child(
            #"""
            "variables": {"late": "[concat(parameters('late'), '!')]", "deep": {"a": ["[variables('late')]"], "b": 1}},
            "resources": [\#(Fixture.resource("n", #""tags": {"late": "[\#(expression)]", "known": "[parameters('known')]"}"#))]
            """#, declared: #", "derived": {"type": "string", "defaultValue": "[parameters('late')]"}"#)
        let preview = expansion.preview(of: expansion.resources[0])
        #expect(preview.problems.isEmpty && !preview.isComplete)
        #expect(
            preview.body["tags"] == Fixture.json(#"{"late": "[\#(expression)]", "known": "k"}"#),
            "\(JSONWriter.text(of: .object(preview.body)))")
    }

    @Test(arguments: [
        Fixture.resource("[parameters('late')]"), Fixture.resource("[concat('a', variables('late'))]"),
        Fixture.resource("a", #""condition": "[equals(parameters('late'), 'x')]""#),
        Fixture.resource("a", type: "[parameters('late')]"),
        Fixture.resource(
            "[concat('a', copyIndex())]", #""copy": {"name": "l", "count": "[length(parameters('late'))]"}"#),
        Fixture.resource(
            "[concat('a', copyIndex())]", #""copy": {"name": "l", "count": 2, "mode": "[parameters('late')]"}"#),
        Fixture.resource("[concat(parameters('late'), copyIndex())]", #""copy": {"name": "l", "count": 2}"#),
        Fixture.resource(
            "[parameters('late')]", #""resources": [\#(Fixture.resource("c", type: "d"))]"#),
    ])
    func `a resource whose head needs it is left out, not refused`(resource: String) throws {
        let expansion = try Self.child(
            #"""
            "variables": {"late": "[parameters('late')]"}, "resources": [\#(resource),
            \#(Fixture.resource("b", #""dependsOn": ["l", "of the other"], "tags": {"r": "[reference('of the other').x]"}"#))],
            "outputs": {"o": {"type": "string", "value": "[reference('of the other').x]"}}
            """#)
        #expect(expansion.undetermined == ["$.resources[1].properties.template.resources[0]"])
        #expect(expansion.resources.map(\.name) == ["b"])
        let preview = expansion.preview(of: expansion.resources[0])
        #expect(preview.problems.isEmpty && !preview.isComplete)
        #expect(expansion.outputProblems().isEmpty)
    }

    @Test func `symbolic names of what is left out may be used`() throws {
        let expansion = try Self.child(
            #"""
            "resources": {"late": \#(Fixture.resource("[parameters('late')]")),
            "loop": \#(Fixture.resource("[concat(parameters('late'), copyIndex())]", #""copy": {"name": "l", "count": 2}"#)),
            "b": \#(Fixture.resource("b", #""dependsOn": ["late", "loop[1]"], "tags": {"r": "[reference('late').x]", "s": "[length(references('loop'))]"}"#))}
            """#, version: "2.0")
        #expect(expansion.undetermined.count == 2)
        #expect(expansion.resources.map(\.name) == ["b"])
        let preview = expansion.preview(of: expansion.resources[0])
        #expect(preview.problems.isEmpty && preview.needs.count == 2)
    }

    /// What is wrong whatever the parameter's value is told at once.
    @Test(arguments: [
        (#""resources": [\#(Fixture.resource("a", #""dependsOn": ["nowhere"]"#))]"#, "'nowhere' is not defined"),
        (#""resources": [\#(Fixture.resource("a/b"))]"#, "must have 1 segments"),
        (#""resources": [\#(Fixture.resource("a", #""tags": "[nosuch()]""#))]"#, "nosuch"),
        (#""resources": [\#(Fixture.resource("a", #""condition": 7"#))]"#, "must be a boolean"),
        (
            #""resources": [\#(Fixture.resource("[concat(parameters('late'), parameters('lost'))]"))]"#,
            "parameter 'lost' is not found"
        ),
        (
            #""resources": [\#(Fixture.resource("a", #""tags": {"t": "[concat(parameters('late'), variables('lost'))]"}"#))]"#,
            "variable 'lost' is not found"
        ),
        (
            #""resources": [], "outputs": {"o": {"type": "string", "value": "[concat(parameters('late'), parameters('lost'))]"}}"#,
            "parameter 'lost' is not found"
        ),
    ])
    func `a broken template behind it is refused`(sections: String, part: String) {
        let problems = Fixture.problems { _ = try Self.child(sections) }
        #expect(problems.first?.contains(part) == true, "\(problems)")
    }

    @Test(arguments: [
        (#""late": {"value": "[reference('first').o]"}, "more": {"value": 1}"#, "no parameter of that name"),
        (
            #""late": {"value": "[reference('first').o]"}, "more": {"value": "[reference('first').o]"}"#,
            "no parameter of that name"
        ),
        (#""other": {"value": 1}"#, "'late' is not provided"),
        (#""late": {"value": 5}"#, "must be a string"),
    ])
    func `parameters are checked as far as they are known`(parameters: String, part: String) {
        let problems = Fixture.problems { _ = try Self.child(#""resources": []"#, parameters: parameters) }
        #expect(problems.contains { $0.contains(part) }, "\(problems)")
    }

    @Test func `all parameters may be one expression`() throws {
        let inner = JSONWriter.text(
            of: Fixture.template(
                #""parameters": {"p": {"type": "string"}}, "resources": [\#(Fixture.resource("a", #""tags": {"t": "[parameters('p')]"}"#))]"#
            ))
        let expansion = try Fixture.expand(
            "[" + Fixture.resource("first") + ", "
                + Fixture.resource(
                    "child",
                    #""properties": {"expressionEvaluationOptions": {"scope": "inner"}, "parameters": "[reference('first').all]", "template": \#(inner)}"#,
                    type: "Microsoft.Resources/deployments") + "]")
        #expect(try Self.program(of: "child", in: expansion).expand().resources.map(\.name) == ["a"])
    }

    @Test func `a template that is known only later is not read`() throws {
        let expansion = try Fixture.expand(
            "[" + Fixture.resource("first") + ", "
                + Fixture.resource(
                    "child", #""properties": {"templateLink": {"uri": "[reference('first').uri]"}}"#,
                    type: "Microsoft.Resources/deployments") + "]")
        let resource = try #require(expansion.resource("child"))
        #expect(try expansion.nested(resource, previewed: expansion.preview(of: resource)) == nil)
    }

    @Test func `what is unknown in a template is unknown in those inside of it`() throws {
        func nested(_ scope: String) -> String {
            let template = JSONWriter.text(
                of: Fixture.template(
                    #"""
                    "parameters": {"p": {"type": "string", "defaultValue": "d"}},
                    "resources": [\#(Fixture.resource("g", #""tags": {"t": "[parameters('\#(scope == "inner" ? "p" : "late")')]"}"#))]
                    """#))
            let parameters = scope == "inner" ? #""parameters": {"p": {"value": "[parameters('late')]"}}, "# : ""
            return Fixture.resource(
                "grandchild",
                #""properties": {"expressionEvaluationOptions": {"scope": "\#(scope)"}, \#(parameters)"template": \#(template)}"#,
                type: "Microsoft.Resources/deployments")
        }
        for scope in ["inner", "outer"] {
            let expansion = try Self.program(
                of: "grandchild", in: try Self.child(#""resources": [\#(nested(scope))]"#)
            ).expand()
            #expect(expansion.resources.map(\.name) == ["g"])
            let preview = expansion.preview(of: expansion.resources[0])
            #expect(preview.problems.isEmpty && !preview.isComplete, "\(scope)")
        }
    }
}
