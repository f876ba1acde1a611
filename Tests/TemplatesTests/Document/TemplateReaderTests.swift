import Resources
import Testing

@testable import Templates

/// The sections of a template, and what is said of broken ones.
@Suite struct TemplateReaderTests {
    private static let schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"

    static let refused: [(String, String, String)] = [
        ("[]", "must be a JSON object, not an array", "$"), (#""text""#, "must be a JSON object", "$"),
        (#"{"contentVersion": "1.0.0.0", "resources": []}"#, "must have a '$schema'", "$.$schema"),
        (
            #"{"$schema": "https://x/other.json", "contentVersion": "1.0.0.0", "resources": []}"#,
            "not that of a deployment template",
            "$.$schema"
        ),
        (
            #"{"$schema": "https://x/deploymentParameters.json#", "contentVersion": "1.0.0.0", "resources": []}"#,
            "a parameter file",
            "$.$schema"
        ),
        (
            #"{"$schema": "https://x/tenantDeploymentTemplate.json#", "contentVersion": "1.0.0.0", "resources": []}"#,
            "tenants",
            "$.$schema"
        ),
        (#"{"$schema": "\#(schema)", "resources": []}"#, "must have a 'contentVersion'", "$.contentVersion"),
        (#"{"$schema": "\#(schema)", "contentVersion": "1.0.0.0"}"#, "must have 'resources'", "$.resources"),
        (
            #"{"$schema": "\#(schema)", "contentVersion": "1.0.0.0", "resources": {}}"#, "need languageVersion 2.0",
            "$.resources"
        ),
        (
            #"{"$schema": "\#(schema)", "contentVersion": "1.0.0.0", "resources": 1}"#,
            "must be an array, not an integer", "$.resources"
        ),
        (
            #"{"$schema": "\#(schema)", "contentVersion": "1.0.0.0", "resources": [1]}"#, "must be an object",
            "$.resources[0]"
        ),
        (
            #"{"$schema": "\#(schema)", "contentVersion": "1.0.0.0", "languageVersion": "3.0", "resources": []}"#,
            "is not known",
            "$.languageVersion"
        ),
        (
            #"{"$schema": "\#(schema)", "contentVersion": "1.0.0.0", "languageVersion": "2.0", "resources": {}, "extensions": {"a": 1}}"#,
            "'extensions' is a preview", "$.extensions"
        ),
        (
            #"{"$schema": "\#(schema)", "contentVersion": "1.0.0.0", "resources": [], "variables": []}"#,
            "must be an object, not an array",
            "$.variables"
        ),
        (
            #"{"$schema": "\#(schema)", "contentVersion": "1.0.0.0", "resources": [], "variables": {"a": 1, "A": 2}}"#,
            "'A' is there twice",
            "$.variables.A"
        ),
        (
            #"{"$schema": "\#(schema)", "contentVersion": "1.0.0.0", "resources": [], "outputs": {"o": {"type": "int"}}}"#,
            "neither 'value' nor 'copy'", "$.outputs.o"
        ),
        (
            #"{"$schema": "\#(schema)", "contentVersion": "1.0.0.0", "resources": [], "parameters": {"p": {}}}"#,
            "has no type",
            "$.parameters.p"
        ),
        (
            #"{"$schema": "\#(schema)", "contentVersion": "1.0.0.0", "resources": [], "parameters": {"p": {"type": "text"}}}"#,
            "'text' is not one of String", "$.parameters.p.type"
        ),
        (
            #"{"$schema": "\#(schema)", "contentVersion": "1.0.0.0", "resources": [], "functions": [{"members": {}}]}"#,
            "has no 'namespace'", "$.functions[0]"
        ),
        (refusal(#""languageVersion": 2.0"#), "'languageVersion' must be a string, not 2", "$.languageVersion"),
        (
            refusal(#""variables": {"copy": [{"name": "[concat('a', 'b')]", "count": 1, "input": 1}]}"#),
            "name of a variable can't be an expression", "$.variables.copy[0].name"
        ),
        (
            refusal(#""outputs": {"o": {"type": "array", "copy": {"count": 2}}}"#),
            "must have a 'count' and an 'input'",
            "$.outputs.o.copy"
        ),
        (
            refusal(#""parameters": {"p": {"type": "int", "minValue": "[add(1, 1)]"}}"#),
            "'minValue' must be an integer, not '[add(1, 1)]'", "$.parameters.p.minValue"
        ),
        (
            refusal(#""parameters": {"p": {"type": "int", "maxLength": "4"}}"#),
            "'maxLength' must be an integer, not '4'", "$.parameters.p.maxLength"
        ),
        (
            refusal(#""parameters": {"p": {"type": "int", "allowedValues": "[createArray(1)]"}}"#),
            "'allowedValues' must be an array", "$.parameters.p.allowedValues"
        ),
        (
            refusal(#""languageVersion": "2.0", "parameters": {"p": {"type": "int", "nullable": "[true()]"}}"#),
            "'nullable' must be a boolean", "$.parameters.p.nullable"
        ),
    ]

    /// A template without resources, with further sections.
    private static func refusal(_ sections: String) -> String {
        #"{"$schema": "\#(schema)", "contentVersion": "1.0.0.0", \#(sections), "resources": []}"#
    }

    @Test(arguments: refused)
    func `a broken template is refused`(text: String, part: String, path: String) {
        let problems = #expect(throws: TemplateProblems.self) { try Template(reading: TemplateFixture.json(text)) }
        #expect(problems?.list.first?.message.contains(part) == true, "\(String(describing: problems))")
        #expect(problems?.list.first?.path == path)
    }

    @Test(arguments: [("parameters", 256), ("outputs", 64)])
    func `sections are limited`(section: String, limit: Int) throws {
        func template(_ count: Int) -> JSONValue {
            let members = (0..<count).map { #""n\#($0)": {"type": "int", "value": 1, "defaultValue": 1}"# }.joined(
                separator: ",")
            return TemplateFixture.template(#""resources": [], "\#(section)": {\#(members)}"#)
        }
        _ = try Template(reading: template(limit))
        let problems = #expect(throws: TemplateProblems.self) { try Template(reading: template(limit + 1)) }
        #expect(problems?.list.first?.kind == .tooLarge)
    }

    @Test func `names of sections and the schema are read without regard to case`() throws {
        let template = try Template(
            reading: TemplateFixture.json(
                #"""
                {"$SCHEMA": "HTTPS://SCHEMA/DEPLOYMENTTEMPLATE.JSON#", "CONTENTVERSION": "1.0.0.0", "RESOURCES": [],
                "Parameters": {"P": {"TYPE": "STRING", "DefaultValue": "x"}}}
                """#))
        #expect(template.level == .resourceGroup)
        #expect(template.parameters.first?.defaultValue == .string("x"))
    }

    @Test func `at most fifty problems are told`() {
        let members = (0..<100).map { #""v\#($0)": "[nosuch()]""# }.joined(separator: ",")
        let problems = #expect(throws: TemplateProblems.self) {
            try Template(reading: TemplateFixture.template(#""resources": [], "variables": {\#(members)}"#))
        }
        #expect(problems?.list.count == 50)
    }

    @Test func `a template is deployed to what its schema says`() throws {
        let template = try Template(reading: TemplateFixture.template(#""resources": []"#))
        let problems = #expect(throws: TemplateProblems.self) {
            try DeploymentProgram(
                template, supplied: nil, context: TemplateFixture.context(group: nil), inputs: TemplateFixture.inputs)
        }
        #expect(problems?.list.first?.path == "$.$schema")
    }
}
