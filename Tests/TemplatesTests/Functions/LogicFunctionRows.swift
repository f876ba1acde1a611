enum LogicFunctionRows {
    static let rows: [FunctionRow] =
        comparing + [
            ("[true()]", "true"), ("[TRUE()]", "true"), ("[false()]", "false"), ("[False()]", "false"),
            ("[not(true())]", "false"), ("[not(equals(1, 2))]", "true"),
            ("[not('true')]", "!argument 1 to be a boolean"),
            ("[and(true(), true(), false())]", "false"), ("[and(true(), true())]", "true"),
            ("[and(false(), fail('no'))]", "false"), ("[and(true(), 1)]", "!argument 2 to be a boolean"),
            ("[or(false(), false(), true())]", "true"), ("[or(false(), false())]", "false"),
            ("[or(true(), fail('no'))]", "true"), ("[or(null(), true())]", "!argument 1 to be a boolean"),
            ("[if(equals('a', 'a'), 'yes', 'no')]", #""yes""#), ("[if(false(), fail('no'), 'ok')]", #""ok""#),
            ("[if(true(), null(), 1)]", "null"), ("[if('true', 1, 2)]", "!argument 1 to be a boolean"),
            ("[bool('true')]", "true"), ("[bool('FALSE')]", "false"), ("[bool(1)]", "true"), ("[bool(0)]", "false"),
            ("[bool(true())]", "true"), ("[bool('yes')]", "!can't make a boolean"),
            ("[bool(null())]", "!can't make a boolean"),
            ("[bool(createArray())]", "!can't make a boolean"), ("[fail('stop here')]", "!stop here"),
            ("[if(true(), fail(concat('no ', 1)), 2)]", "!no 1"), ("[fail(1)]", "!argument 1 to be a string"),
        ]

    private static let comparing: [FunctionRow] = [
        ("[equals(1, 1)]", "true"), ("[equals('a', 'a')]", "true"), ("[equals('a', 'A')]", "false"),
        ("[equals(1, '1')]", "false"), ("[equals(null(), null())]", "true"), ("[equals(null(), '')]", "false"),
        ("[equals(createArray('a', 'b'), createArray('a', 'b'))]", "true"),
        ("[equals(createArray('a', 'b'), createArray('b', 'a'))]", "false"),
        ("[equals(createObject('a', 1, 'b', 2), createObject('b', 2, 'a', 1))]", "true"),
        ("[equals(createObject('a', 1), createObject('A', 1))]", "false"),
        ("[equals(createObject('a', 1), createObject('a', 1, 'b', 2))]", "false"),
        ("[equals(1, json('1.0'))]", "true"), ("[equals('é', 'e\u{301}')]", "false"),
        ("[equals(true(), 'True')]", "false"), ("[less(1, 2)]", "true"), ("[less(2, 2)]", "false"),
        ("[less('a', 'b')]", "true"), ("[less('a', 'B')]", "false"), ("[less('', 'a')]", "true"),
        ("[less('Test1', 'Test2')]", "true"), ("[less(1, 'a')]", "!compares two integers or two strings"),
        ("[less(-9223372036854775808, 9223372036854775807)]", "true"), ("[lessOrEquals(2, 2)]", "true"),
        ("[lessOrEquals('b', 'a')]", "false"), ("[greater(2, 1)]", "true"), ("[greater('a', 'a')]", "false"),
        ("[greater(true(), false())]", "!compares two"), ("[greaterOrEquals(2, 3)]", "false"),
        ("[greaterOrEquals('b', 'a')]", "true"), ("[greaterOrEquals(1, 1)]", "true"),
        ("[less(9007199254740993, json('9007199254740992.0'))]", "false"),
    ]
}
