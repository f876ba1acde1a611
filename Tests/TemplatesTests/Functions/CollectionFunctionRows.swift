enum CollectionFunctionRows {
    static let rows: [FunctionRow] =
        making + looking + [
            ("[union(createArray('one', 'two'), createArray('two', 'three'))]", #"["one", "two", "three"]"#),
            ("[union(createArray(1, 1, '1'))]", #"[1, "1"]"#),
            ("[union(createArray('a', 'A'), createArray('a'))]", #"["a", "A"]"#),
            (
                "[union(createArray(createArray('one', 'two'), createArray('three')), createArray(createArray('three')))]",
                #"[["one", "two"], ["three"]]"#
            ),
            ("[union(createArray(), createArray())]", "[]"),
            (
                "[union(json('{\"one\":\"a\",\"three\":\"c1\"}'), json('{\"three\":\"c2\",\"four\":\"d\"}'))]",
                #"{"one": "a", "three": "c2", "four": "d"}"#
            ),
            (
                "[union(json('{\"p\":{\"a\":1,\"l\":[1]}}'), json('{\"p\":{\"b\":2,\"l\":[2]}}'))]",
                #"{"p": {"a": 1, "l": [2], "b": 2}}"#
            ),
            ("[union(json('{\"p\":{\"a\":1}}'), json('{\"p\":null}'), json('{}'))]", #"{"p": null}"#),
            ("[union(createArray(1), createObject())]", "!argument 2 to be an array"),
            ("[union(createObject(), createArray())]", "!argument 2 to be an object"),
            ("[union('a', 'b')]", "!an array or an object"),
            ("[intersection(createArray('one', 'two', 'three'), createArray('two', 'three'))]", #"["two", "three"]"#),
            ("[intersection(createArray(1, 2, 2), createArray(2), createArray(2, 3))]", "[2]"),
            ("[intersection(createArray(1), createArray('1'))]", "[]"),
            (
                "[intersection(json('{\"one\":\"a\",\"two\":\"b\"}'), json('{\"one\":\"a\",\"two\":\"z\"}'))]",
                #"{"one": "a"}"#
            ),
            ("[intersection(createObject(), createArray())]", "!argument 2 to be an object"),
            ("[intersection(1, 2)]", "!an array or an object"),
            ("[min(0, 3, 2, 5, 4)]", "0"), ("[min(createArray(3, 1, 2))]", "1"),
            ("[min(-9223372036854775808, 9223372036854775807)]", "-9223372036854775808"),
            ("[min(createArray())]", "!empty array"), ("[min('a')]", "!argument 1 to be an integer"),
            ("[max(createArray(0, 3, 2, 5, 4))]", "5"), ("[max(7)]", "7"), ("[max(-1, -2)]", "-1"),
            ("[max(1, 'a')]", "!argument 2 to be an integer"), ("[max(createArray(1), 2)]", "!an integer"),
        ]

    private static let making: [FunctionRow] = [
        ("[array('efgh')]", #"["efgh"]"#), ("[array(1)]", "[1]"), ("[array(createObject('a', 'b'))]", #"[{"a": "b"}]"#),
        ("[array(createArray(1))]", "[1]"), ("[array(null())]", "[null]"), ("[createArray()]", "[]"),
        ("[createArray('a', 1, true(), null(), createArray())]", #"["a", 1, true, null, []]"#),
        ("[range(5, 3)]", "[5, 6, 7]"), ("[range(1, 0)]", "[]"), ("[range(-2, 3)]", "[-2, -1, 0]"),
        ("[length(range(0, 10000))]", "10000"), ("[range(0, 10001)]", "!count from 0 to 10000"),
        ("[range(1, -1)]", "!count from 0 to 10000"), ("[range(9223372036854775807, 2)]", "!beyond"),
        ("[range('a', 2)]", "!argument 1 to be an integer"),
        ("[flatten(createArray(createArray(0, 1), createArray(), createArray(createArray(2))))]", "[0, 1, [2]]"),
        ("[flatten(createArray())]", "[]"), ("[flatten(createArray(1))]", "!array of arrays"),
        ("[distinct(createArray(1, 'a', 1, 'a', 'A'))]", #"[1, "a", "A"]"#), ("[distinct(createArray())]", "[]"),
        ("[distinct('aa')]", "!argument 1 to be an array"),
        ("[skip(createArray('one', 'two', 'three'), 2)]", #"["three"]"#), ("[skip(createArray(1), 2)]", "[]"),
        ("[skip(createArray(1), -1)]", "[1]"), ("[skip(createObject(), 1)]", "!a string or an array"),
        ("[take(createArray(1, 2, 3), 2)]", "[1, 2]"), ("[take(createArray(1), 5)]", "[1]"),
        ("[take(createArray(1), -1)]", "[]"), ("[take(createArray(1), 9223372036854775807)]", "[1]"),
        ("[take(5, 1)]", "!a string or an array"),
    ]

    private static let looking: [FunctionRow] = [
        ("[length(createArray('a', 'b'))]", "2"), ("[length(createObject('a', 1, 'b', 2))]", "2"),
        ("[length(5)]", "!a string, an array or an object"), ("[length(null())]", "!it is null"),
        ("[first(createArray('one', 'two'))]", #""one""#), ("[first(createArray())]", "null"),
        ("[first(createObject())]", "!a string or an array"), ("[last(createArray('one', 'two'))]", #""two""#),
        ("[last(createArray())]", "null"), ("[last(1)]", "!a string or an array"),
        ("[contains(parameters('list'), 'FOO')]", "true"), ("[contains(parameters('list'), 'foo')]", "false"),
        ("[contains(parameters('list'), 123)]", "false"),
        ("[contains(createArray(1, createArray(2)), createArray(2))]", "true"),
        ("[contains(parameters('object'), 'ONE')]", "true"), ("[contains(parameters('object'), 'two')]", "false"),
        ("[contains(createObject(), '')]", "false"), ("[contains(5, 5)]", "!a string, an array or an object"),
        ("[indexOf(parameters('list'), 'BAR')]", "1"), ("[indexOf(parameters('list'), 'bar')]", "-1"),
        ("[indexOf(parameters('list'), 123)]", "-1"), ("[indexOf(createArray(), 'a')]", "-1"),
        ("[lastIndexOf(createArray('a', 'b', 'a'), 'a')]", "2"), ("[lastIndexOf(createArray(1), 2)]", "-1"),
        ("[lastIndexOf(1, 1)]", "!a string or an array"), ("[indexFromEnd(createArray('a', 'b'), 1)]", #""b""#),
        ("[indexFromEnd(createArray('a', 'b'), 2)]", #""a""#),
        ("[indexFromEnd(createArray('a'), 2)]", "!element 2 from the end"),
        ("[indexFromEnd(createArray('a'), 0)]", "!element 0"),
        ("[indexFromEnd('ab', 1)]", "!argument 1 to be an array"),
        ("[tryIndexFromEnd(createArray('a', 'b'), 1)]", #""b""#), ("[tryIndexFromEnd(createArray('a'), 2)]", "null"),
        ("[tryIndexFromEnd(createArray(), 1)]", "null"),
        ("[tryIndexFromEnd(createArray('a'), -9223372036854775808)]", "null"),
        ("[empty(createArray())]", "true"), ("[empty(createArray(0))]", "false"), ("[empty(json('{}'))]", "true"),
        ("[empty(null())]", "true"), ("[empty(0)]", "!a string, an array or an object"),
        ("[createArray('a', 'b')[1]]", #""b""#), ("[createArray('a')[1]]", "!index '1' is out of bounds"),
        ("[createArray('a')[-1]]", "!index '-1' is out of bounds"),
        ("[createArray('a')['0']]", "!it is asked of an array"),
    ]
}
