import Resources
import Testing

@testable import Templates

/// Templates that would take all time or all memory end soon, with a problem that says why.
@Suite(.serialized) struct BoundedEvaluationTests {
    /// Seconds: more than it takes in a debug build, far less than a request may wait.
    private static let limit = 3.0

    /// The first problem of a template's outputs, and how long it took to find.
    private static func outcome(_ sections: String, version: String? = nil) -> (message: String, time: Double) {
        var message = ""
        let time = ThreadTime.measure {
            do {
                let program = try TemplateFixture.program(TemplateFixture.template(sections, version: version))
                let expansion = try program.expand()
                let values = try expansion.outputs(RuntimeValues())
                message = "no problem: \(JSONWriter.text(of: values.first?.value ?? .null).prefix(60))"
            } catch {
                message = TemplateFixture.message(of: error)
            }
        }
        return (message, time)
    }

    private static func expect(
        _ sections: String, _ expected: String, version: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let (message, time) = outcome(sections, version: version)
        #expect(message.contains(expected), "\(message)", sourceLocation: sourceLocation)
        #expect(time < limit, "\(message)", sourceLocation: sourceLocation)
    }

    private static func output(_ expression: String, type: String = "int") -> String {
        #""outputs": {"o": {"type": "\#(type)", "value": "[\#(expression)]"}}"#
    }

    /// Variables of which each holds the one before twice.
    private static func doubling(_ first: String, _ step: String, count: Int = 60) -> String {
        let steps = (1...count).map { number in
            "\"v\(number)\": \(step.replacing("#", with: "variables('v\(number - 1)')"))"
        }
        return #""resources": [], "variables": {"v0": \#(first), \#(steps.joined(separator: ", "))}"#
    }

    @Test(arguments: [
        (#""aaaaaaaaaa""#, #""[concat(#, #)]""#, "length(variables('v60'))", "would make a text"),
        (#"["a"]"#, #""[concat(#, #)]""#, "length(variables('v60'))", "would make an array"),
        (#"["a"]"#, #""[createArray(#, #)]""#, "length(string(variables('v60')))", "too much work"),
        (#"["a"]"#, #"["[#]", "[#]"]"#, "length(string(variables('v60')))", "too much work"),
        (#"{"a": 1}"#, #"{"x": "[#]", "y": "[#]"}"#, "length(variables('v60'))", "too much work"),
        (#"{"a": 1}"#, #""[createObject('x', #, 'y', #)]""#, "length(variables('v60'))", "too much work"),
        (#""abcdefghij""#, #""[replace(#, 'a', #)]""#, "length(variables('v60'))", "would make a text"),
        (#""{0}{0}""#, #""[format(#, #)]""#, "length(variables('v60'))", "would make a text"),
        (#""a""#, #""[join(createArray(#, #), #)]""#, "length(variables('v60'))", "would make a text"),
        (#"["a"]"#, #""[string(createArray(#, #))]""#, "length(variables('v60'))", "would make a text"),
    ])
    func doublingVariablesEnd(first: String, step: String, last: String, expected: String) {
        Self.expect(Self.doubling(first, step) + ", " + Self.output(last), expected)
    }

    /// Values that share their parts are small in memory and endless for who walks them.
    @Test(arguments: [
        "length(string(variables('v22')))", "length(items(createObject('a', variables('v22'))))",
        "bool(equals(variables('v22'), json(string(variables('v22')))))",
        "length(union(variables('v22'), variables('v22')))",
        "length(intersection(createArray(variables('v22')), createArray(variables('v22'))))",
        "length(format('{0}', variables('v22')))",
    ])
    func sharedPartsEnd(last: String) {
        Self.expect(Self.doubling(#"["a"]"#, #"["[#]", "[#]"]"#, count: 22) + ", " + Self.output(last), "too much work")
    }

    @Test(arguments: [
        "length(map(range(0, 10000), lambda('a', map(range(0, 10000), lambda('b', 1)))))",
        "length(filter(range(0, 10000), lambda('a', empty(filter(range(0, 10000), lambda('b', true()))))))",
        "reduce(range(0, 10000), 0, lambda('a', 'b', reduce(range(0, 10000), 0, lambda('c', 'd', 1))))",
        "length(sort(range(0, 10000), lambda('a', 'b', empty(sort(range(0, 10000), lambda('c', 'd', true()))))))",
        "length(toObject(range(0, 10000), lambda('a', string(length(range(0, 10000))))))",
        "length(map(range(0, 10000), lambda('a', contains(range(0, 10000), 'x'))))",
        "length(union(map(range(0, 10000), lambda('a', createArray(lambdaVariables('a')))), createArray()))",
        "length(intersection(range(0, 10000), range(10000, 10000)))",
        "length(map(range(0, 10000), lambda('a', uniqueString(padLeft('', 16384)))))",
        "length(map(range(0, 10000), lambda('a', format('{0,10000}{0,10000}{0,10000}', 1))))",
    ])
    func nestedLoopsEnd(expression: String) {
        Self.expect(#""resources": [], "# + Self.output(expression), "too much work")
    }

    @Test func textsThatNearlyMatchEnd() {
        let long = "concat(variables('v16'), 'b')"
        for search in [
            "contains(variables('v17'), \(long))", "equals(0, indexOf(variables('v17'), \(long)))",
            "equals(0, lastIndexOf(variables('v17'), concat('b', variables('v16'))))",
            "empty(split(variables('v17'), \(long)))", "empty(replace(variables('v17'), \(long), ''))",
            "like(variables('v17'), concat('*', \(long)))",
        ] {
            let (message, time) = Self.outcome(
                Self.doubling(#""aaaaaaaa""#, #""[concat(#, #)]""#, count: 17) + ", "
                    + Self.output(search, type: "bool"))
            #expect(message.contains("false") || message.contains("too much work"), "\(search): \(message)")
            #expect(time < Self.limit, "\(search)")
        }
    }

    @Test func loopsInLoopsEnd() {
        let loop = #"{"name": "x", "count": 800, "input": "#
        let nested = String(repeating: #"{"copy": [\#(loop)"#, count: 8) + "1" + String(repeating: "}]}", count: 8)
        Self.expect(
            #""resources": [], "variables": {"v": \#(nested)}, "# + Self.output("length(variables('v'))"),
            "too much work")
    }
}
