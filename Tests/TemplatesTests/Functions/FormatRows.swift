/// .NET's composite formats in the invariant culture.
enum FormatRows {
    static let rows: [FunctionRow] = [
        (
            "[format('{0}, {1}. Formatted number: {2:N0}', 'Hello', 'User', 8175133)]",
            #""Hello, User. Formatted number: 8,175,133""#
        ),
        ("[format('plain')]", #""plain""#), ("[format('')]", #""""#), ("[format('{0}{0}', 'a')]", #""aa""#),
        ("[format('{1}{0}', 'a', 'b')]", #""ba""#), ("[format('{{0}} {0}', 'a')]", #""{0} a""#),
        ("[format('{{{0}}}', 'a')]", #""{a}""#), ("[format('{0}', true())]", #""True""#),
        ("[format('{0}', null())]", #""""#), ("[format('{0}', -5)]", #""-5""#),
        ("[format('{0}', createArray(true(), 2893, 'abc'))]", #""[true,2893,'abc']""#),
        ("[format('{0}', createObject('a', 'b', '!c', 2))]", #""{'a':'b','!c':2}""#),
        ("[format('{0,5}|{0,-5}|{0,1}', 'abc')]", #""  abc|abc  |abc""#), ("[format('{0,4:D2}', 7)]", #""  07""#),
        ("[format('{0:D5}', 42)]", #""00042""#), ("[format('{0:d3}', -5)]", #""-005""#),
        ("[format('{0:D}', 42)]", #""42""#), ("[format('{0:X}', 255)]", #""FF""#),
        ("[format('{0:x4}', 255)]", #""00ff""#),
        ("[format('{0:X}', -1)]", #""FFFFFFFFFFFFFFFF""#), ("[format('{0:N}', 1234567)]", #""1,234,567.00""#),
        ("[format('{0:n1}', -1234)]", #""-1,234.0""#), ("[format('{0:N0}', 999)]", #""999""#),
        ("[format('{0:N0}', -9223372036854775808)]", #""-9,223,372,036,854,775,808""#),
        ("[format('{0:F}', 5)]", #""5.00""#), ("[format('{0:F1}', -5)]", #""-5.0""#),
        ("[format('{0:P0}', 12)]", #""1,200 %""#), ("[format('{0:E}', 1234567)]", #""1.234567E+006""#),
        ("[format('{0:e3}', 1234567)]", #""1.235e+006""#), ("[format('{0:G}', 1234567)]", #""1234567""#),
        ("[format('{0:C}', 1234)]", #""¤1,234.00""#), ("[format('{0:C0}', -1234)]", #""(¤1,234)""#),
        ("[format('{0:0000}', 42)]", #""0042""#), ("[format('{0:#,##0}', 1234567)]", #""1,234,567""#),
        ("[format('{0:#,##0.00}', 5)]", #""5.00""#), ("[format('{0:#}', 0)]", #""""#),
        ("[format('v{0:000}.x', 7)]", #""v007.x""#), ("[format('{0:00#}', 5)]", #""005""#),
        // A format says nothing of what is no number.
        ("[format('{0:N0}', 'abc')]", #""abc""#), ("[format('{0:D2}', true())]", #""True""#),
        ("[format('{0}')]", "!has no value for '{0}'"), ("[format('{1}', 'a')]", "!has no value for '{1}'"),
        ("[format('{-1}', 'a')]", "!has no value"), ("[format('{}', 'a')]", "!has no value"),
        ("[format('{a}', 'a')]", "!has no value"), ("[format('{0', 'a')]", "!'{' without '}'"),
        ("[format('0}', 'a')]", "!'}' without '{'"), ("[format('{0,x}', 'a')]", "!alignment"),
        ("[format('{0,99999}', 'a')]", "!alignment"), ("[format('{0,-9223372036854775808}', 'a')]", "!alignment"),
        ("[format('{0:Y}', 5)]", "!number format"), ("[format('{99999999999999999999}', 'a')]", "!has no value"),
        ("[format(1)]", "!argument 1 to be a string"),
    ]
}
