import Resources
import Testing

@testable import Templates

@Suite struct NumberFunctionTests {
    /// Nested divisions cost what they have operands, not two to the power of that.
    @Test func nestedDivisionsAreEvaluatedOnce() throws {
        let expression = String(repeating: "div(1, ", count: 60) + "1" + String(repeating: ")", count: 60)
        #expect(try TemplateFixture.evaluate("[\(expression)]") == .integer(1))
    }

    static let rows: [FunctionRow] = [
        ("[add(5, 3)]", "8"), ("[add(-5, 3)]", "-2"), ("[add(9223372036854775807, 1)]", "!no integer of 64 bits"),
        ("[add('5', 3)]", "!argument 1 to be an integer"), ("[sub(7, 3)]", "4"), ("[sub(7, 20)]", "-13"),
        ("[sub(-9223372036854775808, 1)]", "!no integer of 64 bits"), ("[mul(5, 3)]", "15"), ("[mul(-5, 0)]", "0"),
        ("[mul(4611686018427387904, 2)]", "!no integer of 64 bits"), ("[div(8, 3)]", "2"), ("[div(-8, 3)]", "-2"),
        ("[div(8, 0)]", "!divide by zero"), ("[div(-9223372036854775808, -1)]", "!no integer of 64 bits"),
        ("[mod(7, 3)]", "1"), ("[mod(-7, 3)]", "-1"), ("[mod(7, -3)]", "1"), ("[mod(7, 0)]", "!divide by zero"),
        ("[mod(1, 'a')]", "!argument 2 to be an integer"), ("[int('4')]", "4"), ("[int('-4')]", "-4"),
        ("[int(4)]", "4"),
        ("[int('9223372036854775808')]", "!can't make an integer"), ("[int('one')]", "!can't make an integer"),
        ("[int('')]", "!can't make an integer"), ("[int('4.5')]", "!can't make an integer"),
        ("[int(true())]", "!can't make an integer"), ("[float('3.0')]", "3.0"), ("[float(3)]", "3.0"),
        ("[float('-1.5e2')]", "-150.0"), ("[float('x')]", "!can't make a number"),
        ("[float('1e999')]", "!can't make a number"),
        ("[float('nan')]", "!can't make a number"), ("[9223372036854775807]", "9223372036854775807"), ("[-1]", "-1"),
        ("[9223372036854775808]", "!no integer of 64 bits"),
    ]
}
