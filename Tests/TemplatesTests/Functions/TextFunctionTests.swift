import Testing

@testable import Templates

@Suite struct TextFunctionTests {
    @Test(arguments: rows)
    func text(expression: String, expected: String) throws {
        try FunctionTable.expect((expression, expected))
    }

    static let rows: [FunctionRow] =
        joining + cutting + finding + [
            ("[toLower('One TWO ÄÖ')]", #""one two äö""#), ("[toLower('')]", #""""#),
            ("[toLower(1)]", "!argument 1 to be a string"), ("[toUpper('aB ß é')]", #""AB ß É""#),
            ("[toUpper(null())]", "!argument 1 to be a string"), ("[trim(' \t a b \t ')]", #""a b""#),
            ("[trim('    one two three   ')]", #""one two three""#), ("[trim('   ')]", #""""#),
            ("[string('x')]", #""x""#), ("[string(5)]", #""5""#),
            ("[string(-9223372036854775808)]", #""-9223372036854775808""#),
            ("[string(true())]", #""True""#), ("[string(false())]", #""False""#),
            ("[string(createArray('a', 1, true(), null()))]", #""[\"a\",1,true,null]""#),
            ("[string(createObject('valueA', 10, 'b', 'Example'))]", #""{\"valueA\":10,\"b\":\"Example\"}""#),
            ("[string(createObject())]", #""{}""#), ("[string(createArray())]", #""[]""#),
            ("[string('a''b')]", #""a'b""#),
        ]

    private static let joining: [FunctionRow] = [
        ("[concat('prefix', '-', 'a')]", #""prefix-a""#), ("[concat()]", #""""#), ("[concat('')]", #""""#),
        ("[concat('a', 1, true())]", #""a1True""#), ("[concat(1, 2)]", #""12""#),
        ("[concat(createArray(1), createArray(2, 1))]", "[1, 2, 1]"), ("[concat(createArray(), createArray())]", "[]"),
        ("[concat(createArray(1), 'a')]", "!argument 2 to be an array"),
        ("[concat('a', createArray(1))]", "!argument 2 to be a text"),
        ("[concat(createObject())]", "!argument 1 to be a text or an array"),
        ("[join(createArray('abc', 'def', 'ghi'), '')]", #""abcdefghi""#),
        ("[join(createArray('I', 'love', 'it'), ', ')]", #""I, love, it""#), ("[join(createArray(), '-')]", #""""#),
        ("[join(createArray('a'), '-')]", #""a""#), ("[join(createArray(1, 2), '-')]", #""1-2""#),
        ("[join('abc', '-')]", "!argument 1 to be an array"),
        ("[join(createArray(createArray()), '-')]", "!array of texts"),
        ("[padLeft('123', 10, '0')]", #""0000000123""#), ("[padLeft('123', 5)]", #""  123""#),
        ("[padLeft(5, 3, '0')]", #""005""#), ("[padLeft('abc', 2, '0')]", #""abc""#),
        ("[padLeft('abc', 3)]", #""abc""#), ("[padLeft('', 2, 'x')]", #""xx""#), ("[padLeft('', 0)]", #""""#),
        ("[padLeft('a', -1)]", "!takes a length from 0"), ("[padLeft('a', 9223372036854775807)]", "!takes a length"),
        ("[padLeft('a', 3, 'xy')]", "!pads with one character"), ("[padLeft('a', 3, '')]", "!pads with one character"),
        ("[padLeft(true(), 3)]", "!a string or an integer"),
        // A wave is two UTF-16 units, as in .NET.
        ("[padLeft('👋', 3, '.')]", #"".👋""#),
        ("[replace('123-123-1234', '-', '')]", #""1231231234""#),
        ("[replace('123-123-1234', '1234', 'xxxx')]", #""123-123-xxxx""#), ("[replace('aAa', 'a', 'b')]", #""bAb""#),
        ("[replace('aaa', 'aa', 'b')]", #""ba""#), ("[replace('', 'a', 'b')]", #""""#),
        ("[replace('a👋a', '👋', '')]", #""aa""#), ("[replace('aaaaab', 'aab', 'x')]", #""aaax""#),
        ("[replace('abcabcabd', 'abcabd', 'x')]", #""abcx""#), ("[replace('a', '', 'b')]", "!replace an empty text"),
        ("[replace('a', 1, 'b')]", "!argument 2 to be a string"),
    ]

    private static let cutting: [FunctionRow] = [
        ("[substring('one two three', 4, 3)]", #""two""#), ("[substring('This is a test', 10)]", #""test""#),
        ("[substring('abc', 3)]", #""""#), ("[substring('abc', 0, 0)]", #""""#), ("[substring('', 0)]", #""""#),
        ("[substring('abc', 2, 2)]", "!of a text of 3 characters"), ("[substring('abc', 4)]", "!from position 4"),
        ("[substring('abc', -1)]", "!from position -1"), ("[substring('abc', -1, 0)]", "!from position -1"),
        ("[substring('abc', 4, 0)]", "!from position 4"),
        ("[substring('abc', 0, -1)]", "!asked for -1 characters"),
        ("[substring('abc', 1, 9223372036854775807)]", "!of a text of 3"),
        ("[substring('abc', -9223372036854775808)]", "!from position -9223372036854775808"),
        ("[substring(parameters('wave'), 3)]", #""b""#), ("[substring(parameters('wave'), 1, 2)]", #""👋""#),
        ("[substring(5, 0)]", "!argument 1 to be a string"),
        ("[split('one,two,three', ',')]", #"["one", "two", "three"]"#),
        ("[split('one;two,three', createArray(',', ';'))]", #"["one", "two", "three"]"#),
        ("[split('a<->b->c', createArray('->', '<->'))]", #"["a", "b", "c"]"#), ("[split('', ',')]", #"[""]"#),
        ("[split(',', ',')]", #"["", ""]"#), ("[split('a,,b,', ',')]", #"["a", "", "b", ""]"#),
        ("[split('abc', '')]", #"["abc"]"#), ("[split('abc', createArray())]", #"["abc"]"#),
        ("[split('aXbxc', 'x')]", #"["aXb", "c"]"#), ("[split('ababab', 'aba')]", #"["", "bab"]"#),
        ("[split('a', 1)]", "!a string or an array of strings"), ("[split('a', createArray(1))]", "!array of strings"),
        ("[split('a👋b👋', '👋')]", #"["a", "b", ""]"#),
        ("[take('one two', 3)]", #""one""#), ("[take('on', 10)]", #""on""#), ("[take('on', -1)]", #""""#),
        ("[take(parameters('wave'), 3)]", #""a👋""#), ("[take('a', 'b')]", "!argument 2 to be an integer"),
        ("[skip('one two three', 4)]", #""two three""#), ("[skip('abc', -5)]", #""abc""#), ("[skip('abc', 3)]", #""""#),
        ("[skip('abc', 9223372036854775807)]", #""""#), ("[skip('abc', -9223372036854775808)]", #""abc""#),
        ("[first('One Two Three')]", #""O""#), ("[first('')]", #""""#), ("[last('One Two Three')]", #""e""#),
        ("[last('')]", #""""#), ("[length('One Two Three')]", "13"), ("[length('')]", "0"),
        ("[length(parameters('wave'))]", "4"),
    ]

    private static let finding: [FunctionRow] = [
        ("[startsWith('abcdef', 'ab')]", "true"), ("[startsWith('abcdef', 'A')]", "true"),
        ("[startsWith('abcdef', 'e')]", "false"), ("[startsWith('abc', '')]", "true"),
        ("[startsWith('', 'a')]", "false"), ("[startsWith('ab', 'abc')]", "false"),
        ("[startsWith('a', 1)]", "!argument 2 to be a string"), ("[endsWith('abcdef', 'ef')]", "true"),
        ("[endsWith('abcdef', 'F')]", "true"), ("[endsWith('abcdef', 'e')]", "false"), ("[endsWith('', '')]", "true"),
        ("[endsWith('éÉ', 'éé')]", "true"), ("[endsWith(createArray('a'), 'a')]", "!argument 1 to be a string"),
        ("[indexOf('test', 't')]", "0"), ("[indexOf('abcdef', 'CD')]", "2"), ("[indexOf('abcdef', 'z')]", "-1"),
        ("[indexOf('abc', '')]", "0"), ("[indexOf('', '')]", "0"), ("[indexOf('', 'a')]", "-1"),
        ("[indexOf('ab', 'abc')]", "-1"), ("[indexOf('aab', 'AB')]", "1"), ("[indexOf(parameters('wave'), 'B')]", "3"),
        ("[indexOf('aabaabaaab', 'aaab')]", "6"), ("[indexOf('a', 1)]", "!argument 2 to be a string"),
        ("[lastIndexOf('test', 't')]", "3"), ("[lastIndexOf('abcdef', 'AB')]", "0"),
        ("[lastIndexOf('abcdef', 'z')]", "-1"), ("[lastIndexOf('aXbxc', 'X')]", "3"),
        ("[lastIndexOf('aaaa', 'aa')]", "2"), ("[lastIndexOf('', 'a')]", "-1"),
        ("[contains('OneTwoThree', 'e')]", "true"), ("[contains('OneTwoThree', 'E')]", "false"),
        ("[contains('abc', '')]", "true"), ("[contains('', 'a')]", "false"), ("[contains('a1', 1)]", "true"),
        ("[contains('aabaabaaab', 'abaaa')]", "true"), ("[contains('a', createArray())]", "!argument 2 to be a string"),
        ("[like('abcdef', 'a*f')]", "true"), ("[like('abcdef', 'A?CDEF')]", "true"), ("[like('abc', 'b*')]", "false"),
        ("[like('', '*')]", "true"), ("[like('', '')]", "true"), ("[like('a', '')]", "false"),
        ("[like('aXbXc', '*x?')]", "true"), ("[like('aaa', '*a*a*a*a')]", "false"),
        ("[like(1, '*')]", "!argument 1 to be a string"), ("[empty('')]", "true"), ("[empty(' ')]", "false"),
    ]
}
