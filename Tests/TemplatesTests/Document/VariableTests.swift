import Resources
import Testing

@testable import Templates

/// Variables, user functions, and the places where functions may not stand.
@Suite struct VariableTests {
    private static func value(_ sections: String, _ expression: String) throws -> JSONValue {
        try TemplateFixture.program(TemplateFixture.template(#"\#(sections), "resources": []"#)).evaluate(
            .string(expression))
    }

    private static func failure(_ sections: String, _ expression: String) -> String {
        do {
            return "no failure: \(JSONWriter.text(of: try value(sections, expression)))"
        } catch {
            return TemplateFixture.message(of: error)
        }
    }

    @Test(arguments: [
        (#"{"a": "[variables('B')]", "b": "x"}"#, #""x""#),
        (#"{"a": {"[concat('k', 1)]": ["[variables('b')]"]}, "b": 2}"#, #"{"k1": [2]}"#),
        (#"{"copy": [{"name": "a", "count": 3, "input": "[mul(copyIndex('a'), 2)]"}]}"#, "[0, 2, 4]"),
        (#"{"copy": [{"name": "a", "count": 2, "input": {"i": "[copyIndex('a', 1)]"}}]}"#, #"[{"i": 1}, {"i": 2}]"#),
        (#"{"copy": [{"name": "a", "count": 0, "input": 1}]}"#, "[]"),
        (
            #"{"a": {"copy": [{"name": "x", "count": "[length(variables('b'))]", "input": "[variables('b')[copyIndex('x')]]"}, {"name": "y", "count": 1, "input": 0}], "z": 1}, "b": ["p", "q"]}"#,
            #"{"x": ["p", "q"], "y": [0], "z": 1}"#
        ),
        (
            #"{"a": {"copy": [{"name": "x", "count": 2, "input": {"copy": [{"name": "y", "count": 2, "input": "[concat(copyIndex('x'), '-', copyIndex('y'))]"}]}}]}}"#,
            #"{"x": [{"y": ["0-0", "0-1"]}, {"y": ["1-0", "1-1"]}]}"#
        ),
        // A member of that name that is no list of loops is a member.
        (#"{"a": {"copy": "x"}}"#, #"{"copy": "x"}"#), (#"{"a": null}"#, "null"),
    ])
    func `variables have values`(variables: String, value: String) throws {
        #expect(try Self.value(#""variables": \#(variables)"#, "[variables('A')]") == TemplateFixture.json(value))
    }

    @Test(arguments: [
        (#"{"a": "[variables('a')]"}"#, "'a' refers to itself"),
        (#"{"a": "[variables('b')]", "b": "[variables('a')]"}"#, "refers to itself"),
        (#"{"a": "[variables('none')]"}"#, "'none' is not found"),
        (#"{"a": "[reference('x')]"}"#, "'reference' is not allowed in a variable"),
        (#"{"a": "[listKeys('x', '1')]"}"#, "'listKeys' is not allowed in a variable"),
        (#"{"a": "[newGuid()]"}"#, "only in the default"),
        (#"{"a": "[copyIndex()]"}"#, "not allowed outside of a loop"),
        (#"{"copy": [{"name": "a", "count": 801, "input": 1}]}"#, "from 0 to 800, not 801"),
        (#"{"copy": [{"name": "a", "count": -1, "input": 1}]}"#, "from 0 to 800, not -1"),
        (#"{"copy": [{"name": "a", "count": "x", "input": 1}]}"#, "from 0 to 800, not 'x'"),
        (#"{"copy": [{"name": "a", "count": 1, "input": "[copyIndex('b')]"}]}"#, "names the loop 'b'"),
    ])
    func `broken variables fail when they are asked for`(variables: String, part: String) throws {
        let failure = Self.failure(#""variables": \#(variables)"#, "[variables('a')]")
        #expect(failure.contains(part), "\(failure)")
        #expect(try Self.value(#""variables": \#(variables)"#, "[concat('a', 'b')]") == .string("ab"))
    }

    private static let functions = #"""
        "parameters": {"p": {"type": "string", "defaultValue": "outer"}}, "variables": {"v": 1},
        "functions": [{"namespace": "Own", "members": {
        "double": {"parameters": [{"name": "x", "type": "int"}], "output": {"type": "int", "value": "[mul(parameters('X'), 2)]"}},
        "quadruple": {"parameters": [{"name": "x", "type": "int"}], "output": {"type": "int", "value": "[own.double(own.double(parameters('x')))]"}},
        "pair": {"parameters": [{"name": "a", "type": "string"}, {"name": "b", "type": "array"}], "output": {"type": "object",
        "value": {"a": "[parameters('a')]", "b": "[parameters('b')]"}}},
        "wrong": {"parameters": [], "output": {"type": "int", "value": "x"}},
        "outer": {"parameters": [], "output": {"type": "string", "value": "[parameters('p')]"}},
        "variable": {"parameters": [], "output": {"type": "int", "value": "[variables('v')]"}},
        "runtime": {"parameters": [], "output": {"type": "object", "value": "[reference('x')]"}},
        "endless": {"parameters": [], "output": {"type": "int", "value": "[own.endless()]"}}}}]
        """#

    @Test(arguments: [
        ("[own.double(4)]", "8"), ("[OWN.Quadruple(add(1, 2))]", "12"), ("[own.pair('x', createArray(1)).b[0]]", "1"),
        ("[map(createArray(1, 2), lambda('i', own.double(lambdaVariables('i'))))]", "[2, 4]"),
    ])
    func `a template has functions of its own`(expression: String, value: String) throws {
        #expect(try Self.value(Self.functions, expression) == TemplateFixture.json(value))
    }

    @Test(arguments: [
        ("[own.double('x')]", "The argument 'x' of 'own.double' is not valid: must be an integer"),
        ("[own.double()]", "takes 1 arguments, not 0"),
        ("[own.wrong()]", "The output of 'own.wrong' is not valid"), ("[own.outer()]", "has no parameter 'p'"),
        ("[own.variable()]", "'variables' is not allowed in a user-defined function"),
        ("[own.runtime()]", "'reference' is not allowed in a user-defined function"),
        ("[own.endless()]", "nested deeper than"),
        ("[own.none()]", "no user-defined function 'own.none'"),
    ])
    func `what its functions may not do`(expression: String, part: String) {
        let failure = Self.failure(Self.functions, expression)
        #expect(failure.contains(part), "\(failure)")
    }
}
