import Resources
import Testing

@testable import Templates

/// An expression and its value as JSON, or a part of its error behind an exclamation mark.
typealias FunctionRow = (expression: String, expected: String)

/// What the rows of all tables are evaluated with, and what holds of all of them together.
@Suite struct FunctionTable {
    static let parameters = TemplateFixture.json(
        #"""
        {"text": "FOOBAR", "wave": "a👋b", "number": 42, "flag": true, "list": ["FOO", "BAR", "123"],
        "object": {"One": 1, "nested": {"list": [1, {"deep": "x"}]}, "nothing": null}}
        """#)

    @Test(arguments: rows)
    func aRowHolds(expression: String, expected: String) {
        let result = Result { try TemplateFixture.evaluate(expression, parameters: Self.parameters) }
        switch result {
        case .success(let value):
            guard !expected.hasPrefix("!") else {
                Issue.record("\(expression) is \(JSONWriter.text(of: value))")
                return
            }
            #expect(value == TemplateFixture.json(expected), "\(expression)")
        case .failure(let error):
            let message = TemplateFixture.message(of: error)
            let isExpected = expected.hasPrefix("!") && message.contains(expected.dropFirst())
            #expect(isExpected, "\(expression) fails: \(message)")
        }
    }

    private static let rows =
        TextFunctionRows.rows + FormatRows.rows + EncodingFunctionRows.rows + CollectionFunctionRows.rows
        + ObjectFunctionRows.rows + LogicFunctionRows.rows + NumberFunctionTests.rows + TimeFunctionTests.rows
        + LambdaFunctionRows.rows + NetworkFunctionRows.rows + IdentityFunctionTests.rows

    /// They need a loop, a parameter's default or the running system; other suites have them.
    private static let elsewhere: Set<BuiltInFunction> = [.copyIndex, .reference, .references, .variables]

    @Test func everyFunctionHasRows() throws {
        var counts: [BuiltInFunction: Int] = [:]
        for row in Self.rows {
            // What can't be parsed is about a function all the same, but not counted.
            guard case .expression(let expression)? = try? TemplateText.read(row.expression) else { continue }
            expression.forEachCall { callee, _ in
                if case .builtIn(let function) = callee { counts[function, default: 0] += 1 }
            }
        }
        for function in BuiltInFunction.allCases where !Self.elsewhere.contains(function) {
            #expect(counts[function, default: 0] >= 2, "\(function)")
        }
    }

    @Test func everyFunctionRefusesAnotherNumberOfArguments() {
        for function in BuiltInFunction.allCases {
            let counts = function.argumentCounts
            for count in [counts.lowerBound - 1, counts.upperBound &+ 1] where (0...10).contains(count) {
                let arguments = Array(repeating: "'a'", count: count).joined(separator: ",")
                let problem = #expect(throws: TemplateProblem.self) {
                    try TemplateText.read("[\(function.rawValue)(\(arguments))]")
                }
                #expect(problem?.message.contains("'\(function.rawValue)' takes") == true)
            }
        }
    }
}
