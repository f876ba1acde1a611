import Resources
import Testing

@testable import Templates

/// Values and expressions that are nested deep do not overflow the stack of a task's thread.
@Suite struct DeepEvaluationTests {
    private static func evaluate(_ sections: String, version: String? = nil) async -> String {
        do {
            let expansion = try TemplateFixture.program(TemplateFixture.template(sections, version: version)).expand()
            let values = try expansion.outputs(RuntimeValues())
            return "no problem: \(JSONWriter.text(of: values.first?.value ?? .null).prefix(60))"
        } catch {
            return TemplateFixture.message(of: error)
        }
    }

    private static let output = #""outputs": {"o": {"type": "int", "value": "[length(variables('v200'))]"}}"#

    /// `count` variables of which each holds the one before, so many levels deeper.
    private static func chain(_ count: Int, _ levels: Int, warm: Bool) -> String {
        let (open, close) = (String(repeating: "[", count: levels), String(repeating: "]", count: levels))
        let steps = (1...count).map { #""v\#($0)": \#(open)"[variables('v\#($0 - 1)')]"\#(close)"# }
        // An output each evaluates them one by one, so that none is found inside of another.
        let outputs = (1...60).map { #""o\#($0)": {"type": "int", "value": "[length(variables('v\#($0)'))]"}"# }
        return #""resources": [], "variables": {"v0": [], \#(steps.joined(separator: ", "))}, "#
            + (warm ? #""outputs": {\#(outputs.joined(separator: ", "))}"# : output)
    }

    @Test(arguments: [false, true])
    func chainsOfDeepVariables(warm: Bool) async {
        let message = await Self.evaluate(Self.chain(200, 90, warm: warm))
        #expect(message.contains("nested deeper than"), "\(message)")
    }

    @Test func longChainsOfVariables() async {
        let message = await Self.evaluate(Self.chain(200, 0, warm: false))
        #expect(message.contains("nested deeper than") || message.contains("no problem"), "\(message)")
    }

    @Test func functionsThatCallEachOther() async {
        let members = (0..<300).map { number in
            #""f\#(number)": {"parameters": [], "output": {"type": "int", "value": "[add(1, a.f\#(number + 1)())]"}}"#
        }
        let sections =
            #""functions": [{"namespace": "a", "members": {\#(members.joined(separator: ", ")), "f300":"#
            + #"{"parameters": [], "output": {"type": "int", "value": "[a.f0()]"}}}}], "resources": [], "#
            + #""outputs": {"o": {"type": "int", "value": "[a.f0()]"}}"#
        let message = await Self.evaluate(sections)
        #expect(message.contains("nested deeper than"), "\(message)")
    }

    @Test func functionsThatWrap() async {
        let sections =
            #""functions": [{"namespace": "a", "members": {"f": {"parameters": [{"name": "x", "type": "array"}], "output":"#
            + #"{"type": "array", "value": ["[parameters('x')]"]}}}}], "resources": [], "outputs": {"o": {"type": "int", "#
            + #""value": "[length(reduce(range(0, 10000), createArray(), lambda('c', 'n', a.f(lambdaVariables('c')))))]"}}"#
        let message = await Self.evaluate(sections)
        #expect(message.contains("nested deeper than"), "\(message)")
    }

    @Test func lambdasInLambdas() async {
        let open = (0..<60).map { "map(createArray(1), lambda('x\($0)', " }.joined()
        let sections =
            #""resources": [], "outputs": {"o": {"type": "int", "value": "[length(\#(open)1\#(String(repeating: "))", count: 60)))]"}}"#
        let message = await Self.evaluate(sections)
        #expect(message.contains("no problem") || message.contains("nested deeper than"), "\(message)")
    }

    @Test func propertiesInARow() async {
        let inner = "variables('v')" + String(repeating: ".a", count: 100)
        let expression =
            String(repeating: "first(", count: 100) + inner
            + String(repeating: ")" + String(repeating: ".a", count: 100), count: 100)
        let message = await Self.evaluate(
            #""resources": [], "variables": {"v": 1}, "outputs": {"o": {"type": "int", "value": "[\#(expression)]"}}"#)
        #expect(message.contains("nested deeper than"), "\(message)")
    }

    @Test(arguments: [
        ##"{"type": "object", "properties": {"p": {"$ref": "#/definitions/a", "nullable": true}}}"##,
        ##"{"$ref": "#/definitions/a"}"##,
        ##"{"type": "object", "discriminator": {"propertyName": "k", "mapping": {"x": {"$ref": "#/definitions/a"}}}}"##,
        ##"{"$ref": "#/definitions/b", "properties": {"p": {"$ref": "#/definitions/a", "nullable": true}}}"##,
    ])
    func typesThatReferToThemselves(type: String) async {
        let value = String(repeating: #"{"k": "x", "p": "#, count: 80) + "null" + String(repeating: "}", count: 80)
        let other = ##"{"type": "object", "properties": {"p": {"$ref": "#/definitions/a", "nullable": true}}}"##
        let parameter = ##"{"$ref": "#/definitions/a", "defaultValue": \##(value)}"##
        let template =
            #""definitions": {"a": \#(type), "b": \#(other)}, "parameters": {"p": \#(parameter)}, "resources": [], "#
            + #""outputs": {"o": {"type": "int", "value": 1}}"#
        var message = ""
        let time = ThreadTime.measure {
            do {
                _ = try TemplateFixture.program(TemplateFixture.template(template, version: "2.0"))
            } catch {
                message = TemplateFixture.message(of: error)
            }
        }
        #expect(time < 3, "\(message)")
    }
}
