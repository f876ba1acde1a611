enum LambdaFunctionRows {
    static let rows: [FunctionRow] =
        filtering + grouping + [
            ("[lambda('x', lambdaVariables('x'))]", "!only as an argument"),
            ("[lambdaVariables('x')]", "!not defined here"), ("[lambdaVariables(1)]", "!argument 1 to be a string"),
            ("[map(createArray(1), lambda('x', lambdaVariables('y')))]", "!'y', which is not defined"),
            ("[map(createArray(1), lambda('X', lambdaVariables('x')))]", "[1]"),
            ("[map(createArray(1), 'x')]", "!to be a lambda"),
            ("[map(createArray(1), lambda(1, 2))]", "!named by texts"),
            ("[map(createArray(1), lambda('a', 'b', 'c', 1))]", "!lambda of 1 or 2 variables, not 3"),
            (
                "[map(createArray(1, 2), lambda('x', map(createArray(10), lambda('y', add(lambdaVariables('x'), lambdaVariables('y'))))))]",
                "[[11], [12]]"
            ),
            // The inner variable hides the outer one of the same name.
            ("[map(createArray(1), lambda('x', map(createArray(2), lambda('x', lambdaVariables('x')))))]", "[[2]]"),
        ]

    private static let filtering: [FunctionRow] = [
        ("[filter(range(0, 4), lambda('i', equals(mod(lambdaVariables('i'), 2), 0)))]", "[0, 2]"),
        ("[filter(createArray('a', 'b', 'c'), lambda('item', 'i', less(lambdaVariables('i'), 2)))]", #"["a", "b"]"#),
        ("[filter(createArray(), lambda('i', fail('no')))]", "[]"),
        ("[filter(createArray(1), lambda('i', 1))]", "!lambda of a boolean"),
        ("[filter('ab', lambda('i', true()))]", "!array"),
        (
            "[map(createArray('abc', 'def'), lambda('x', concat('Hi ', lambdaVariables('x'))))]",
            #"["Hi abc", "Hi def"]"#
        ),
        ("[map(createArray('a', 'b'), lambda('x', 'i', lambdaVariables('i')))]", "[0, 1]"),
        ("[map(createArray(), lambda('x', 1))]", "[]"),
        ("[map(createObject(), lambda('x', 1))]", "!argument 1 to be an array"),
        (
            "[reduce(range(1, 5), 1, lambda('cur', 'next', mul(lambdaVariables('cur'), lambdaVariables('next'))))]",
            "120"
        ),
        ("[reduce(createArray(), 'a', lambda('cur', 'next', 'b'))]", #""a""#),
        (
            "[reduce(createArray('a', 'b'), '', lambda('cur', 'next', 'i', concat(lambdaVariables('cur'), lambdaVariables('i'))))]",
            #""01""#
        ),
        ("[reduce(createArray(1), 0, lambda('cur', 1))]", "!lambda of 2 or 3 variables, not 1"),
        (
            "[sort(createArray(8, 3, 10, -13, 5), lambda('x', 'y', less(lambdaVariables('x'), lambdaVariables('y'))))]",
            "[-13, 3, 5, 8, 10]"
        ),
        (
            "[sort(createArray('b', 'a', 'C'), lambda('x', 'y', less(lambdaVariables('x'), lambdaVariables('y'))))]",
            #"["C", "a", "b"]"#
        ),
        (
            "[sort(createArray('bb', 'aa', 'c', 'ab'), lambda('x', 'y', less(length(lambdaVariables('x')), length(lambdaVariables('y')))))]",
            #"["c", "bb", "aa", "ab"]"#
        ),
        ("[sort(createArray(), lambda('x', 'y', fail('no')))]", "[]"),
        ("[sort(createArray(1), lambda('x', 'y', fail('no')))]", "[1]"),
        // An order that contradicts itself ends all the same.
        ("[length(sort(range(0, 20), lambda('x', 'y', true())))]", "20"),
        ("[sort(createArray(1, 2), lambda('x', 'y', 1))]", "!lambda of a boolean"),
        ("[sort(createArray(1, 2), lambda('x', true()))]", "!lambda of 2 variables, not 1"),
    ]

    private static let grouping: [FunctionRow] = [
        ("[toObject(createArray('a', 'b'), lambda('e', lambdaVariables('e')))]", #"{"a": "a", "b": "b"}"#),
        (
            "[toObject(createArray('a', 'b'), lambda('e', lambdaVariables('e')), lambda('e', toUpper(lambdaVariables('e'))))]",
            #"{"a": "A", "b": "B"}"#
        ),
        ("[toObject(createArray(), lambda('e', 'a'))]", "{}"),
        ("[toObject(createArray('a'), lambda('e', createArray()))]", "!lambda of a string"),
        ("[toObject(createArray('a'), lambda('e', null()))]", "!lambda of a string"),
        (
            "[groupBy(createArray('foo', 'bar', 'baz'), lambda('x', substring(lambdaVariables('x'), 0, 1)))]",
            #"{"f": ["foo"], "b": ["bar", "baz"]}"#
        ),
        (
            "[groupBy(createArray('foo', 'bar', 'baz'), lambda('x', first(lambdaVariables('x'))), lambda('x', length(lambdaVariables('x'))))]",
            #"{"f": [3], "b": [3, 3]}"#
        ),
        ("[groupBy(createArray(), lambda('x', 'a'))]", "{}"),
        ("[groupBy(1, lambda('x', 'a'))]", "!argument 1 to be an array"),
        (
            "[mapValues(createObject('a', 123, 'b', 456), lambda('v', mul(lambdaVariables('v'), 2)))]",
            #"{"a": 246, "b": 912}"#
        ),
        ("[mapValues(createObject(), lambda('v', fail('no')))]", "{}"),
        ("[mapValues(createArray(), lambda('v', 1))]", "!argument 1 to be an object"),
    ]
}
