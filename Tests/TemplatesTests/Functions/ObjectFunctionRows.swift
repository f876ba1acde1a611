enum ObjectFunctionRows {
    static let rows: [FunctionRow] =
        json + [
            ("[null()]", "null"), ("[createArray(null())]", "[null]"), ("[coalesce(null(), 123)]", "123"),
            ("[coalesce(null(), '', 'x')]", #""""#), ("[coalesce(null())]", "null"),
            ("[coalesce(parameters('object').nothing, 'y')]", #""y""#),
            // What comes behind a value is not asked for.
            ("[coalesce('a', fail('no'))]", #""a""#),
            (
                "[createObject('intProp', 1, 'stringProp', 'abc', 'boolProp', true())]",
                #"{"intProp": 1, "stringProp": "abc", "boolProp": true}"#
            ),
            ("[createObject()]", "{}"), ("[createObject('a', 1, 'a', 2)]", #"{"a": 2}"#),
            ("[createObject('a')]", "!odd number"), ("[createObject(1, 2)]", "!argument 1 to be a string"),
            (
                "[items(json('{\"ghiKey\":1,\"123Key\":2,\"abcKey\":3,\"ABCKey\":4}'))]",
                #"""
                [{"key": "123Key", "value": 2}, {"key": "abcKey", "value": 3}, {"key": "ABCKey", "value": 4},
                {"key": "ghiKey", "value": 1}]
                """#
            ),
            ("[items(createObject())]", "[]"), ("[items(createArray())]", "!argument 1 to be an object"),
            ("[objectKeys(json('{\"b\":2,\"a\":1,\"A\":0}'))]", #"["a", "A", "b"]"#),
            ("[objectKeys(createObject())]", "[]"),
            ("[objectKeys('a')]", "!argument 1 to be an object"),
            (
                "[shallowMerge(createArray(json('{\"a\":{\"x\":1}}'), json('{\"a\":{\"y\":2},\"b\":3}')))]",
                #"{"a": {"y": 2}, "b": 3}"#
            ),
            ("[shallowMerge(createArray())]", "{}"), ("[shallowMerge(createArray(1))]", "!array of objects"),
            ("[shallowMerge(createObject())]", "!argument 1 to be an array"),
            ("[tryGet(parameters('object'), 'one')]", "1"),
            ("[tryGet(parameters('object'), 'nested', 'list', 1, 'deep')]", #""x""#),
            ("[tryGet(parameters('object'), 'nested', 'none', 'deep')]", "null"),
            ("[tryGet(createArray(1), 1)]", "null"), ("[tryGet(createArray(1), -1)]", "null"),
            ("[tryGet(createArray(1), 9223372036854775807)]", "null"), ("[tryGet(null(), 'a')]", "null"),
            ("[tryGet('abc', 'a')]", "null"), ("[tryGet(createObject(), true())]", "!name or a position"),
            ("[parameters('object').ONE]", "1"), ("[parameters('object')['one']]", "1"),
            ("[parameters('object').nested.list[1].deep]", #""x""#),
            ("[parameters('object')['nested']['list'][0]]", "1"),
            (
                "[parameters('object').absent]",
                "!property 'absent' doesn't exist, available properties are 'One, nested"
            ),
            ("[parameters('object').nothing.more]", "!its object is null"),
            ("[parameters('text').length]", "!asked of a string"), ("[parameters('object')[0]]", "!asked of an object"),
            ("[parameters('object')[true()]]", "!asked of an object"), ("[PARAMETERS('TEXT')]", #""FOOBAR""#),
            ("[parameters('missing')]", "!'missing' is not found"), ("[parameters(1)]", "!argument 1 to be a string"),
        ]

    private static let json: [FunctionRow] = [
        ("[json('null')]", "null"), ("[json('{\"a\": [1, 2.5, true]}')]", #"{"a": [1, 2.5, true]}"#),
        ("[json('[1, 2, 3]')]", "[1, 2, 3]"), ("[json('\"test\"')]", #""test""#), ("[json('true')]", "true"),
        ("[json(' 3 ')]", "3"), ("[json('{''a'': ''b\"c''}')]", #"{"a": "b\"c"}"#),
        ("[json('9223372036854775807')]", "9223372036854775807"), ("[json('-0.5')]", "-0.5"),
        ("[json(format('{{\"a\": \"{0}\"}}', 'demo value'))]", #"{"a": "demo value"}"#),
        ("[json('')]", "!not valid JSON"), ("[json('{')]", "!not valid JSON"), ("[json('''a')]", "!not valid JSON"),
        ("[json(1)]", "!argument 1 to be a string"),
    ]
}
