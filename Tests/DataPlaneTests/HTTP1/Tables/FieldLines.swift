import DataPlane

/// Header fields, one character a byte, which stand between other fields of a head that is well-formed without them.
enum FieldLines {
    /// Lines that are no field line of RFC 9112 section 5, or whose name or value RFC 9110 section 5 forbids.
    static let malformed: [String] = noFields + folds + names + values

    private static let noFields: [String] = [
        "X", "X ", "X y", "X\ty", " ", "\t", "  ", ":", "::", ": ", ": a", " : a", "\t: a", ":a:b", "X; a", "X=a",
        "X\u{0}a",
        "GET / HTTP/1.1", "HTTP/1.1 200 OK", "nonsense", "\u{0}", "\u{80}", "\r", "\rX: a", "X\r: a", "X:\r", "X: \r",
        "X: a\r", "X: a\r\r", "\r\rX: a", "X: a\r b", "X: a\rY: b", "X: a\r\u{0}", "X: a\r\t", "\u{B}", "\u{C}",
        "X\u{3A}\u{0}",
    ]

    private static let folds: [String] = [
        " X: a", "\tX: a", "  X: a", " \tX: a", "X: a\r\n b", "X: a\r\n\tb", "X: a\r\n  b", "X: a\r\n ", "X: a\r\n\t",
        "X:\r\n a", "X:\r\n\ta", "X\r\n: a", "X\r\n : a", "X: a\r\n b\r\n c", "X: a\r\n :b", "X: a\r\n Y: b",
        "X: a\r\n\u{B}b", "X: a\r\n\u{A0}b", "X: a\r\n Content-Length: 5", "X: a\r\n\tTransfer-Encoding: chunked",
    ]

    private static let names: [String] =
        [
            "X ", "X\t", "X  ", " X", "X Y", "X\tY", "X\u{B}", "X\u{C}", "\u{B}X", "\u{C}X", "\u{0}", "X\u{0}",
            "\u{0}X",
            "X\u{0}Y", "X\u{1}", "X\u{1B}", "X\u{1F}", "X\u{7F}", "\u{7F}X", "X\u{80}", "X\u{85}", "X\u{A0}", "\u{A0}X",
            "X\u{AD}", "X\u{E9}", "\u{C3}\u{A9}", "X\u{FF}", "\u{EF}\u{BB}\u{BF}X", "\u{FF}\u{FE}X", "X\r", "\rX",
            "X\r\rY",
        ].map { $0 + ": a" } + "(),/;<=>?@[\\]{}\"".flatMap { ["\($0): a", "\($0)X: a", "X\($0): a", "X\($0)Y: a"] }

    private static let values: [String] =
        ["\u{0}", "\u{1}", "\u{7}", "\u{8}", "\u{B}", "\u{C}", "\u{E}", "\u{1B}", "\u{1F}", "\u{7F}", "\r", "\r\r"]
        .flatMap { ["X:\($0)", "X: \($0)", "X: \($0)a", "X: a\($0)", "X: a\($0)b", "X: a \($0) b", "X:\t\($0)\t"] }

    /// Fields that pass, with name and value as they are read.
    static let accepted: [(line: String, name: String, value: String)] = [
        ("X:", "X", ""), ("X: ", "X", ""), ("X:\t", "X", ""), ("X: \t \t", "X", ""), ("X:a", "X", "a"),
        ("X: a", "X", "a"),
        ("X:  a  ", "X", "a"), ("X:\ta\t", "X", "a"), ("X: a b", "X", "a b"), ("X: a\tb", "X", "a\tb"),
        ("X: a  b ", "X", "a  b"), ("X::", "X", ":"), ("X: :a:", "X", ":a:"), ("X: a: b", "X", "a: b"),
        ("X: \u{80}", "X", "\u{80}"), ("X: \u{FF}", "X", "\u{FF}"), ("X: \u{A0}a\u{A0}", "X", "\u{A0}a\u{A0}"),
        ("X: \u{C3}\u{A9}", "X", "\u{C3}\u{A9}"), ("X: \u{85}", "X", "\u{85}"), ("X: \"a\\\"b\"", "X", "\"a\\\"b\""),
        ("X: (a)", "X", "(a)"), ("X: \\r\\n", "X", "\\r\\n"), ("X: %0d%0a", "X", "%0d%0a"), ("x: a", "x", "a"),
        ("1: a", "1", "a"), ("-: a", "-", "a"), ("!#$%&'*+-.^_`|~: a", "!#$%&'*+-.^_`|~", "a"),
        ("X: GET / HTTP/1.1", "X", "GET / HTTP/1.1"), ("X: Content-Length: 5", "X", "Content-Length: 5"),
        ("Content_Length: 5", "Content_Length", "5"), ("Transfer_Encoding: chunked", "Transfer_Encoding", "chunked"),
        ("Content-Length-: 5", "Content-Length-", "5"), ("-Content-Length: 5", "-Content-Length", "5"),
        ("XContent-Length: 5", "XContent-Length", "5"), ("Content-Lengthx: 5", "Content-Lengthx", "5"),
        ("Content.Length: 5", "Content.Length", "5"), ("ContentLength: 5", "ContentLength", "5"),
        ("Content-Lengt\u{68}-X: 5", "Content-Length-X", "5"),
        ("Transfer-Encodin: chunked", "Transfer-Encodin", "chunked"),
        ("Transfer-Encoding-X: a", "Transfer-Encoding-X", "a"),
        ("TransferEncoding: chunked", "TransferEncoding", "chunked"),
        ("X-Transfer-Encoding: gzip", "X-Transfer-Encoding", "gzip"), ("Hos: a", "Hos", "a"),
        ("Hosts: a", "Hosts", "a"),
        ("X-Host: a", "X-Host", "a"), ("X-Forwarded-Host: b", "X-Forwarded-Host", "b"),
        ("TE: chunked", "TE", "chunked"),
        ("Trailer: Content-Length", "Trailer", "Content-Length"), ("Upgrade: h2c", "Upgrade", "h2c"),
        ("X: \(longValue)", "X", longValue), ("\(longName): a", longName, "a"),
    ]

    private static let longValue = String(repeating: "v ", count: 200) + "v"
    private static let longName = String(repeating: "n-", count: 200)
}

/// What `Content-Length` can say.
enum Lengths {
    static let malformed: [String] = [
        "", " ", "\t", "+5", "-5", "-0", "+0", "--5", "5-", "5+", "5 5", "5\t5", "5,5", "5, 5", "5 ,5", "5,", ",5", ",",
        "5,6",
        "5;", "5;5", "5; q=1", "5.", "5.0", ".5", "5e0", "5E1", "5e", "0x5", "0X5", "x5", "5h", "0b1", "0o5", "#5",
        "%35",
        "five", "a", "5a", "a5", "5 a", "a 5", "5\u{0}", "\u{0}5", "5\u{B}", "\u{B}5", "5\u{C}", "\u{C}5", "5\u{7F}",
        "5\r",
        "\r5", "5\u{A0}", "\u{A0}5", "5\u{85}", "\u{B2}", "\u{B5}", "\u{D9}\u{A5}", "\u{EF}\u{BC}\u{95}", "\"5\"",
        "'5'", "(5)",
        "5 (five)", "[5]", "{5}", "<5>", "5/5", "5:5", "5=5", "5%", "5*", "5_0", "1_000", "1,000", "1 000", "1'000",
        "1.000",
        "0 5", "00 5", "5 0", "chunked", "close", "none", "null", "nan", "inf", "true", "unlimited", "*",
        "1000000000000000000", "0000000000000000005", "9223372036854775807", "9223372036854775808",
        "9999999999999999999",
        "18446744073709551615", "18446744073709551616", "18446744073709551621", "99999999999999999999999999999999",
        "4294967296000000000000005", String(repeating: "0", count: 400) + "5", String(repeating: "9", count: 400),
        "5\r\n 5", "\r\n 5", "5\r\n\t6",
    ]

    static let accepted: [(value: String, length: UInt64)] = [
        ("0", 0), ("5", 5), ("9", 9), ("10", 10), ("00", 0), ("05", 5), ("000000000000000005", 5),
        ("4294967295", 4_294_967_295),
        ("4294967296", 4_294_967_296), ("999999999999999999", 999_999_999_999_999_999), (" 5", 5), ("5 ", 5),
        ("\t5\t", 5),
        (" \t 5 \t ", 5),
    ]
}

/// What `Transfer-Encoding` can say.
enum Encodings {
    static let malformed: [String] = [
        "", " ", "\t", "gzip", "x-gzip", "deflate", "compress", "br", "zstd", "identity", "none", "cow", "trailers",
        "5",
        "gzip, chunked", "gzip,chunked", "deflate, gzip, chunked", "identity, chunked", "chunked, gzip",
        "chunked, identity",
        "chunked,identity", "chunked, chunked", "chunked,chunked", "chunked,", ",chunked", ", chunked", "chunked, ",
        "chunked,,chunked", ",", "chunked;", "chunked;q=1", "chunked; q=0", "chunked;a=\"b\"", ";chunked", "chunked=1",
        "chunked chunked", "chunked\tchunked", "chunked gzip", "gzip chunked", "chunked x", "x chunked", "chunked:",
        ":chunked", "xchunked", "chunkedx", "x-chunked", "chunked-x", "chunke", "hunked", "chunk", "chunkked",
        "chun ked",
        "chun\tked", "chunked.", ".chunked", "chunked/", "(chunked)", "chunked (x)", "\"chunked\"", "'chunked'",
        "\"chunked",
        "chunked\"", "[chunked]", "{chunked}", "<chunked>", "chunked\\", "\\chunked", "%63hunked", "chunked%00",
        "\u{B}chunked",
        "chunked\u{B}", "\u{C}chunked", "chunked\u{C}", "\u{0}chunked", "chunked\u{0}", "chun\u{0}ked", "\u{8}chunked",
        "\u{7F}chunked", "chunked\u{7F}", "\rchunked", "chunked\r", "chunked\r ", "\u{A0}chunked", "chunked\u{A0}",
        "\u{85}chunked", "chunked\u{85}", "\u{FF}chunked", "\u{EF}\u{BB}\u{BF}chunked", "chun\u{E2}\u{84}\u{AA}ed",
        "chun\u{CC}\u{81}ked",
        "\r\n chunked", "\r\n\tchunked", "gzip\r\n , chunked", "chunked\r\n ", "chunked\r\n , identity",
    ]

    static let accepted: [String] = [
        "chunked", "CHUNKED", "Chunked", "cHuNkEd", " chunked", "chunked ", "\tchunked\t", " \t chunked \t ",
    ]
}

/// What `Connection` can say.
enum Connections {
    static let malformed: [String] = [
        "a b", "close x", "close\tx", "close;", "close; x=1", "close=1", "\"close\"", "(close)", "a/b", "a:b", "a@b",
        "[close]",
        "cl\u{80}ose", "close\u{FF}", "\u{A0}close", "close, a b", "a b, close", "keep-alive, close;q", "\u{0}close",
        "close\u{B}", "close\r", "close\r\n , x", "{close}", "<close>", "a\\b", "close, \"x\"",
    ]

    /// Values with what they say: whether the connection goes on in HTTP/1.1 and in HTTP/1.0.
    static let accepted: [(value: String, in11: Bool, in10: Bool)] = [
        ("", true, false), (",", true, false), (" , ,, ", true, false), ("close", false, false),
        ("CLOSE", false, false),
        ("Close,", false, false), (",close", false, false), ("x, close", false, false), ("x,close,y", false, false),
        ("keep-alive", true, true), ("Keep-Alive", true, true), ("x, KEEP-ALIVE", true, true),
        ("keep-alive, close", false, false), ("close, keep-alive", false, false), ("closed", true, false),
        ("xclose", true, false), ("clos", true, false), ("keepalive", true, false), ("keep-alive-", true, false),
        ("upgrade", true, false), ("TE, close", false, false), ("Content-Length", true, false),
        ("Transfer-Encoding", true, false), ("Host", true, false), ("\tclose\t", false, false),
        ("!#$%&'*+-.^_`|~", true, false),
    ]
}

/// What `Host` can say.
enum Hosts {
    static let accepted: [String] = [
        "", "a", "A.Example", "a.example:80", "a.example:", "a:0", "a:99999", "127.0.0.1", "127.0.0.1:8080", "[::1]",
        "[::1]:80", "[2001:db8::1]", "[v1.a:b]", "a_b", "a-b", "-", "a..b", "a.", "%61.example", "!$&'()*+,;=", "xn--a",
        "~",
    ]

    /// What is no `uri-host [ ":" port ]` of RFC 9110 section 7.2.
    static let malformed: [String] = [
        "a b", "a\tb", "a/b", "/", "a/", "a?b", "a#b", "a@b", "user@a", "user:pass@a", "a\\b", "a:b", "a:80:80",
        "a:80a", "a:-1",
        "a:+1", "a: 80", "[::1", "::1]", "::1", "[::1]x", "[::1]:x", "[]", "[zz]", "a[b]", "a<b", "a>b", "a\"b",
        "\"a\"", "{a}",
        "a|b", "a^b", "a`b", "a%", "a%zz", "%", "\u{E9}", "a\u{80}", "\u{FF}", "\u{A0}a", "http://a", "//a", "a b c",
    ]
}
