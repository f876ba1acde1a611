enum EncodingFunctionRows {
    static let rows: [FunctionRow] =
        base64 + [
            ("[uri('http://contoso.org/firstpath', 'myscript.sh')]", #""http://contoso.org/myscript.sh""#),
            ("[uri('http://contoso.org/firstpath/', 'myscript.sh')]", #""http://contoso.org/firstpath/myscript.sh""#),
            (
                "[uri('http://contoso.org/firstpath/azuredeploy.json', 'myscript.sh')]",
                #""http://contoso.org/firstpath/myscript.sh""#
            ),
            (
                "[uri('http://contoso.org/firstpath/azuredeploy.json/', 'myscript.sh')]",
                #""http://contoso.org/firstpath/azuredeploy.json/myscript.sh""#
            ),
            (
                "[uri('http://contoso.org/resources/', 'nested/azuredeploy.json')]",
                #""http://contoso.org/resources/nested/azuredeploy.json""#
            ),
            ("[uri('http://contoso.org', 'a.sh')]", #""http://contoso.org/a.sh""#),
            ("[uri('http://contoso.org/a/b/c', '../d')]", #""http://contoso.org/a/d""#),
            ("[uri('http://contoso.org/a/b', '/d')]", #""http://contoso.org/d""#),
            ("[uri('http://contoso.org/a?sig=x', 'd?e=f')]", #""http://contoso.org/d?e=f""#),
            ("[uri('http://contoso.org/a', 'https://other.org/b')]", #""https://other.org/b""#),
            ("[uri('firstpath', 'myscript.sh')]", "!absolute URI"), ("[uri('', 'a')]", "!absolute URI"),
            ("[uri('http://a.org/', 1)]", "!argument 2 to be a string"),
            ("[uriComponent('http://contoso.com/a b')]", #""http%3A%2F%2Fcontoso.com%2Fa%20b""#),
            ("[uriComponent('aZ09-._~')]", #""aZ09-._~""#), ("[uriComponent('ü👋')]", #""%C3%BC%F0%9F%91%8B""#),
            ("[uriComponent('')]", #""""#), ("[uriComponent('!*()''')]", #""%21%2A%28%29%27""#),
            ("[uriComponentToString('http%3A%2F%2Fcontoso.com%2fa%20b')]", #""http://contoso.com/a b""#),
            ("[uriComponentToString('%C3%BC+')]", #""ü+""#), ("[uriComponentToString('100%')]", #""100%""#),
            ("[dataUri('Hello')]", #""data:text/plain;charset=utf8;base64,SGVsbG8=""#),
            ("[dataUri('')]", #""data:text/plain;charset=utf8;base64,""#),
            ("[dataUriToString('data:;base64,SGVsbG8sIFdvcmxkIQ==')]", #""Hello, World!""#),
            ("[dataUriToString(dataUri('ü'))]", #""ü""#), ("[dataUriToString('data:,a%20b')]", #""a b""#),
            ("[dataUriToString('Hello')]", "!no data URI"), ("[dataUriToString('data:;base64,%%')]", "!not Base64"),
            (
                "[parseUri('https://mywebsite.com:8080/my-path?x=1')]",
                #"{"scheme": "https", "host": "mywebsite.com", "port": 8080, "path": "/my-path", "query": "?x=1"}"#
            ),
            ("[parseUri('nothing')]", "!absolute URI"),
            (
                "[buildUri(createObject('scheme', 'https', 'host', 'a.org', 'port', 8080, 'path', '/b', 'query', '?c=d'))]",
                #""https://a.org:8080/b?c=d""#
            ),
            ("[buildUri(createObject('scheme', 'https', 'host', 'a.org'))]", #""https://a.org""#),
            ("[buildUri(createObject('host', 'a.org'))]", "!scheme and host"),
            ("[buildUri('https://a.org')]", "!argument 1 to be an object"),
        ]

    private static let base64: [FunctionRow] = [
        ("[base64('one, two, three')]", #""b25lLCB0d28sIHRocmVl""#), ("[base64('')]", #""""#),
        ("[base64('ü👋')]", #""w7zwn5GL""#), ("[base64(1)]", "!argument 1 to be a string"),
        ("[base64ToString('b25lLCB0d28sIHRocmVl')]", #""one, two, three""#), ("[base64ToString('')]", #""""#),
        ("[base64ToString('YQBi')]", "!the character U+0000"),
        ("[uriComponentToString('a%00')]", "!the character U+0000"),
        ("[dataUriToString('data:,%00')]", "!the character U+0000"), ("[base64ToString('b25l!')]", "!not Base64"),
        ("[base64ToString('/w==')]", "!not Base64"),
        ("[base64ToJson(base64('{\"one\":\"a\"}'))]", #"{"one": "a"}"#),
        // As in the documentation of the function.
        ("[base64ToJson(base64('{''one'': ''a'', ''two'': ''b''}'))]", #"{"one": "a", "two": "b"}"#),
        ("[base64ToJson(base64('[1, null]'))]", "[1, null]"), ("[base64ToJson(base64('{'))]", "!not valid JSON"),
        ("[base64ToJson('?')]", "!not Base64"),
    ]
}
