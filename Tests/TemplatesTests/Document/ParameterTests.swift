import Resources
import Testing

@testable import Templates

/// How parameters get their values, and what is said of values that do not fit.
@Suite struct ParameterTests {
    private static func program(
        _ parameters: String, _ supplied: String, definitions: String = "{}", version: String? = "2.0"
    ) throws
        -> DeploymentProgram
    {
        let language = version == nil ? "" : #""definitions": \#(definitions), "#
        return try TemplateFixture.program(
            TemplateFixture.template(
                #"\#(language)"parameters": \#(parameters), "resources": \#(version == nil ? "[]" : "{}")"#,
                version: version),
            TemplateFixture.json(supplied))
    }

    /// A declaration, a value that fits, and one that does not with a part of what is said.
    static let types: [(String, String, String, String)] = [
        (#"{"type": "string"}"#, #""a""#, "1", "must be a string, not an integer"),
        (#"{"type": "STRING"}"#, #""""#, "null", ""),
        (#"{"type": "securestring"}"#, #""a""#, "true", "must be a string"),
        (#"{"type": "int"}"#, "5", #""5""#, "must be an integer, not a string"),
        (#"{"type": "int"}"#, "5.0", "5.5", "must be an integer"),
        (#"{"type": "bool"}"#, "true", #""true""#, "must be a boolean"),
        (#"{"type": "object"}"#, #"{"a": 1}"#, "[]", "must be an object"),
        (#"{"type": "secureObject"}"#, "{}", #""a""#, "must be an object"),
        (#"{"type": "array"}"#, "[1]", "{}", "must be an array"),
        (#"{"type": "string", "minLength": 2}"#, #""ab""#, #""a""#, "at least 2 characters, not 1"),
        (#"{"type": "string", "maxLength": 2}"#, #""👋""#, #""👋b""#, "at most 2 characters, not 3"),
        (#"{"type": "array", "minLength": 1}"#, "[1]", "[]", "at least 1 elements"),
        (#"{"type": "array", "maxLength": 1}"#, "[1]", "[1, 2]", "at most 1 elements"),
        (#"{"type": "int", "minValue": 3}"#, "3", "2", "at least 3, not 2"),
        (#"{"type": "int", "maxValue": 3}"#, "3", "4", "at most 3"),
        (
            #"{"type": "string", "allowedValues": ["a", "b"]}"#, #""b""#, #""c""#,
            "must be one of the allowed values 'a', 'b', not 'c'"
        ),
        (
            #"{"type": "object", "allowedValues": [{"a": 1, "b": 2}]}"#, #"{"b": 2, "a": 1}"#, #"{"a": 1}"#,
            "must be one of the allowed values"
        ),
        (#"{"type": "array", "allowedValues": [1, 2]}"#, "[2, 1]", "[3]", "must be one of the allowed values"),
        (#"{"type": "array", "allowedValues": [[1, 2]]}"#, "[1, 2]", "[2]", "must be one of the allowed values"),
        // What is secret is not repeated.
        (
            #"{"type": "securestring", "allowedValues": ["a"]}"#, #""a""#, #""secret""#,
            "it must be one of the allowed values"
        ),
        (
            #"{"type": "object", "properties": {"a": {"type": "int"}}}"#, #"{"a": 1, "b": 2}"#, "{}",
            "must have a property 'a'"
        ),
        (
            #"{"type": "object", "properties": {"a": {"type": "int", "nullable": true}}}"#, "{}", #"{"a": "x"}"#,
            "must be an integer"
        ),
        (
            #"{"type": "object", "additionalProperties": false, "properties": {"a": {"type": "int"}}}"#, #"{"A": 1}"#,
            #"{"a": 1, "b": 2}"#, "a property 'b', which its type does not allow"
        ),
        (#"{"type": "object", "sealed": true}"#, "{}", #"{"b": 2}"#, "does not allow"),
        (
            #"{"type": "object", "additionalProperties": {"type": "int"}}"#, #"{"x": 1}"#, #"{"x": "y"}"#,
            "must be an integer"
        ),
        (#"{"type": "array", "items": {"type": "int"}}"#, "[1, 2]", #"[1, "x"]"#, "must be an integer, not a string"),
        (
            #"{"type": "array", "prefixItems": [{"type": "int"}, {"type": "string"}], "items": false}"#, #"[1, "a"]"#,
            #"[1, "a", 2]"#,
            "has more than 2 elements"
        ),
        (
            #"{"type": "array", "prefixItems": [{"type": "int"}, {"type": "string"}]}"#, #"[1, "a", true]"#, "[1]",
            "must have 2 elements"
        ),
        (##"{"$ref": "#/definitions/name"}"##, #""abc""#, #""a""#, "at least 3 characters"),
        (##"{"$ref": "#/definitions/alias", "maxLength": 4}"##, #""abcd""#, #""abcde""#, "at most 4 characters"),
        (##"{"$ref": "#/definitions/maybe"}"##, "5", #""x""#, "must be an integer"),
        (
            ##"{"type": "object", "discriminator": {"propertyName": "kind", "mapping": {"cat": {"$ref": "#/definitions/cat"}, "dog": {"type": "object"}}}}"##,
            #"{"kind": "cat", "lives": 9}"#, #"{"kind": "cow"}"#, "must be one of cat, dog, not 'cow'"
        ),
        (
            ##"{"type": "object", "discriminator": {"propertyName": "kind", "mapping": {"cat": {"$ref": "#/definitions/cat"}}}}"##,
            #"{"kind": "cat", "lives": 9}"#, #"{"kind": "cat"}"#, "must have a property 'lives'"
        ),
        (
            #"{"type": "object", "discriminator": {"propertyName": "kind", "mapping": {"a": {"type": "object"}}}}"#,
            #"{"kind": "a"}"#,
            "{}", "must have a property 'kind', one of a"
        ),
    ]

    private static let definitions = ##"""
        {"name": {"type": "string", "minLength": 3}, "alias": {"$ref": "#/definitions/name"},
        "maybe": {"type": "int", "nullable": true},
        "cat": {"type": "object", "properties": {"lives": {"type": "int"}}}}
        """##

    @Test(arguments: types)
    func `values fit their types`(type: String, good: String, bad: String, part: String) throws {
        let program = try Self.program(
            #"{"p": \#(type)}"#, #"{"p": {"value": \#(good)}}"#, definitions: Self.definitions)
        #expect(program.parameters.first?.value == TemplateFixture.json(good))
        let problems = #expect(throws: TemplateProblems.self) {
            try Self.program(#"{"p": \#(type)}"#, #"{"p": {"value": \#(bad)}}"#, definitions: Self.definitions)
        }
        #expect(problems?.list.first?.message.contains(part) == true, "\(type): \(String(describing: problems))")
        #expect(problems?.list.first?.kind == .parameter)
        // A default must fit as well.
        guard bad != "null", case .object(var declared) = TemplateFixture.json(type) else { return }
        declared.set("defaultValue", TemplateFixture.json(bad))
        let text = JSONWriter.text(of: .object(declared))
        #expect(throws: TemplateProblems.self) {
            try Self.program(#"{"p": \#(text)}"#, "{}", definitions: Self.definitions)
        }
    }

    @Test(arguments: [
        (#"{"type": "string", "defaultValue": "a"}"#, #""a""#), (#"{"type": "string", "nullable": true}"#, "null"),
        (##"{"$ref": "#/definitions/maybe"}"##, "null"),
        (#"{"type": "string", "defaultValue": "[concat('a', 'b')]"}"#, #""ab""#),
        (#"{"type": "object", "defaultValue": {"[toUpper('x')]": ["[add(1, 2)]"]}}"#, #"{"X": [3]}"#),
        (#"{"type": "string", "defaultValue": "[[x]"}"#, #""[x]""#),
    ])
    func `defaults count when nothing is supplied, or null`(type: String, value: String) throws {
        for supplied in ["{}", #"{"p": {"value": null}}"#] {
            let program = try Self.program(#"{"p": \#(type)}"#, supplied, definitions: Self.definitions)
            #expect(program.parameters.first?.value == TemplateFixture.json(value))
        }
    }

    @Test func `supplied values are literals`() throws {
        let program = try Self.program(#"{"P": {"type": "string"}}"#, #"{"p": {"value": "[concat('a', 'b')]"}}"#)
        #expect(program.parameters.first?.value == .string("[concat('a', 'b')]"))
        #expect(try program.evaluate(.string("[parameters('p')]")) == .string("[concat('a', 'b')]"))
    }

    @Test func `defaults may ask for each other, in any order`() throws {
        let program = try Self.program(
            #"""
            {"c": {"type": "string", "defaultValue": "[concat(parameters('b'), '-c')]"},
            "a": {"type": "string"}, "b": {"type": "string", "defaultValue": "[concat(parameters('a'), '-b')]"}}
            """#, #"{"a": {"value": "x"}}"#)
        #expect(program.parameters.map(\.name) == ["c", "a", "b"])
        #expect(program.parameters.map(\.value) == [.string("x-b-c"), .string("x"), .string("x-b")])
    }

    static let faults: [(String, String, String, String)] = [
        (#"{"p": {"type": "int"}}"#, "{}", "'p' is not provided", "$.parameters.p"),
        (
            #"{"p": {"type": "int"}}"#, #"{"p": 5}"#, "must be supplied as an object with a 'value', not as an integer",
            "$.parameters.p"
        ),
        (#"{"p": {"type": "int", "defaultValue": 1}}"#, #"{"p": {}}"#, "supplied without a 'value'", "$.parameters.p"),
        (
            #"{"p": {"type": "int", "defaultValue": 1}}"#, #"{"p": {"reference": {}}}"#, "refers to a key vault",
            "$.parameters.p"
        ),
        (
            #"{"p": {"type": "int", "defaultValue": 1}}"#, #"{"q": {"value": 1}}"#,
            "no parameter of that name. The template's parameters are: p",
            "$.parameters.q"
        ),
        (
            #"{"p": {"type": "int", "defaultValue": 1}}"#, "[]", "'parameters' must be an object, not an array",
            "$.parameters"
        ),
        (
            #"{"p": {"type": "int", "defaultValue": "[parameters('p')]"}}"#, "{}", "refers to itself",
            "$.parameters.p.defaultValue"
        ),
        (
            #"{"p": {"type": "int", "defaultValue": "[parameters('q')]"}, "q": {"type": "int", "defaultValue": "[parameters('p')]"}}"#,
            "{}",
            "refers to itself", "$.parameters.p.defaultValue"
        ),
        (
            #"{"p": {"type": "int", "defaultValue": "[variables('v')]"}}"#, "{}",
            "'variables' is not allowed in the default value",
            "$.parameters.p.defaultValue"
        ),
        (
            #"{"p": {"type": "object", "defaultValue": "[reference('x')]"}}"#, "{}",
            "'reference' is not allowed in the default value",
            "$.parameters.p.defaultValue"
        ),
        (
            #"{"p": {"type": "string", "defaultValue": "[parameters('none')]"}}"#, "{}", "'none' is not found",
            "$.parameters.p.defaultValue"
        ),
        (
            #"{"p": {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "int"}}}}}"#,
            #"{"p": {"value": {"a": [1, "x"]}}}"#, "must be an integer", "$.parameters.p.value.a[1]"
        ),
    ]

    @Test(arguments: faults)
    func `what is wrong is told with its path`(parameters: String, supplied: String, part: String, path: String) {
        let problems = #expect(throws: TemplateProblems.self) { try Self.program(parameters, supplied) }
        #expect(problems?.list.first?.message.contains(part) == true, "\(String(describing: problems))")
        #expect(problems?.list.first?.path == path)
    }

    @Test func `everything that is wrong is told at once`() {
        let problems = #expect(throws: TemplateProblems.self) {
            try Self.program(
                #"{"a": {"type": "int"}, "b": {"type": "string", "maxLength": 1}, "c": {"type": "bool", "defaultValue": 1}}"#,
                #"{"b": {"value": "xx"}, "d": {"value": 1}}"#)
        }
        #expect(
            problems?.list.map(\.path) == [
                "$.parameters.b.value", "$.parameters.d", "$.parameters.a", "$.parameters.c.defaultValue",
            ])
    }

    @Test func `a definition that is not there is told`() {
        let problems = #expect(throws: TemplateProblems.self) {
            try Self.program(##"{"p": {"$ref": "#/definitions/none"}, "q": {"$ref": "elsewhere"}}"##, "{}")
        }
        #expect(problems?.list.map(\.path) == ["$.parameters.q.$ref", "$.parameters.p.$ref"])
    }

    @Test func `secrets are known as such, through definitions too`() throws {
        let program = try Self.program(
            ##"{"a": {"type": "SECURESTRING"}, "b": {"$ref": "#/definitions/s"}, "c": {"type": "secureobject"}, "d": {"type": "string"}}"##,
            #"{"a": {"value": "x"}, "b": {"value": {}}, "c": {"value": {}}, "d": {"value": ""}}"#,
            definitions: #"{"s": {"type": "secureObject"}}"#)
        #expect(program.parameters.map(\.isSecure) == [true, true, true, false])
        #expect(program.parameters.map(\.typeName) == ["SecureString", "SecureObject", "SecureObject", "String"])
    }

    @Test func `the first language has no definitions`() throws {
        let program = try Self.program(
            #"{"p": {"type": "object", "properties": {"a": {"type": "int"}}}}"#, #"{"p": {"value": {"a": "x"}}}"#,
            version: nil)
        #expect(program.parameters.first?.value == TemplateFixture.json(#"{"a": "x"}"#))
    }
}
