/// First lines of requests, one character a byte.
enum RequestLines {
    /// Lines that are no request line of RFC 9112 section 3.
    static let malformed: [String] = noLines + methods + targets + versions

    private static let noLines: [String] = [
        "", " ", "\t", "GET", "GET ", "GET  ", "GET /", "GET / ", "GET /  ", "/", "/ HTTP/1.1", " / HTTP/1.1",
        "HTTP/1.1",
        "GET HTTP/1.1", "GET  HTTP/1.1", " HTTP/1.1", "HTTP/1.1 200 OK", "HTTP/1.1 GET /", "Host: a", "GET: / HTTP/1.1",
        "GET / HTTP/1.1 HTTP/1.1", "GET / / HTTP/1.1", "GET / HTTP/1.1 POST / HTTP/1.1", "GET,/,HTTP/1.1",
        "GET\u{A0}/ HTTP/1.1", "GET /\u{A0}HTTP/1.1", "GET\u{0}/ HTTP/1.1", "GET /\u{0}HTTP/1.1", "GET\u{B}/ HTTP/1.1",
        "GET\u{C}/ HTTP/1.1", "GET\u{85}/ HTTP/1.1", "GET%20/ HTTP/1.1", "GET+/ HTTP/1.1", "GET\\r / HTTP/1.1",
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}", "\u{5}\u{1}\u{0}", "\u{EF}\u{BB}\u{BF}GET / HTTP/1.1", "SSH-2.0-OpenSSH_9.2",
        "EHLO a", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2", "<policy-file-request/>\u{0}", "{\"a\":1}",
    ]

    private static let methods: [String] =
        [
            " GET", "\tGET", "\u{B}GET", "\u{0}GET", "G ET", "G\tET", "GET\t", "GET ", "GET\u{B}", "GET\u{0}",
            "GET\u{7F}",
            "GET\r", "\rGET", "G\rET", "\u{80}GET", "GET\u{FF}", "G\u{C9}T", "G\u{1}T", "G\u{1B}T", "GET/", "",
            String(repeating: "A", count: 33), String(repeating: "A", count: 4_000),
        ].map { $0 + " / HTTP/1.1" } + "(),/:;<=>?@[\\]{}\"".map { "G\($0)T / HTTP/1.1" }

    private static let targets: [String] = [
        "", " /", "/ ", "\t/", "/\t", "/a b", "/a\tb", "/a  b", " ", "/\u{0}", "/a\u{0}b", "/\u{1}", "/\u{8}", "/\u{B}",
        "/\u{C}", "/\u{1B}", "/\u{1F}", "/\u{7F}", "/\u{80}", "/\u{A0}", "/\u{E9}", "/\u{FF}", "/\u{C3}\u{A9}",
        "/\u{E2}\u{80}\u{A8}", "/\r", "/a\rb", "\r/", "/?a b", "/?\u{0}", "http://a b/", "http://a/\u{7F}",
    ].map { "GET \($0) HTTP/1.1" }

    private static let versions: [String] = [
        "HTTP", "HTTP/", "HTTP/1", "HTTP/1.", "HTTP/.1", "HTTP/.", "HTTP/11", "HTTP/1.1.", "HTTP/1.1.1", "HTTP/1.10",
        "HTTP/1.11", "HTTP/11.1", "HTTP/01.1", "HTTP/1.01", "HTTP/001.001", "HTTP/1,1", "HTTP/1:1", "HTTP/1-1",
        "HTTP/1_1", "HTTP/1 1", "HTTP/1.1a", "HTTP/a.1", "HTTP/1.a", "HTTP/A.B", "HTTP/-1.1", "HTTP/+1.1", "HTTP/1.-1",
        "HTTP/1.+1", "HTTP/ 1.1", "HTTP /1.1", "HTTP/1 .1", "HTTP/1. 1", "HTTP/1.1 ", "HTTP/1.1\t", "\tHTTP/1.1",
        " HTTP/1.1", "HTTP/1.1\u{0}", "\u{0}HTTP/1.1", "HTTP/\u{0}1.1", "HTTP/1.1\u{B}", "HTTP/1.1\r", "\rHTTP/1.1",
        "HTTP/1.1\u{80}", "HTTP/1.\u{B9}", "HTTP/\u{B9}.1", "HTTP/\u{D9}\u{A1}.1", "http/1.1", "Http/1.1", "HTTp/1.1",
        "hTTP/1.1", "HTTPS/1.1", "HTTPX1.1", "HTTP\\1.1", "HTTP//1.1", "HTTP1.1", "TTP/1.1", "XHTTP/1.1", "HTCPCP/1.0",
        "RTSP/1.0", "SIP/2.0", "ICY/1.1", "HTTP/1.1;", "\"HTTP/1.1\"", "HTTP/1.1,HTTP/1.1", "HTTP/2", "HTTP/3",
        "HTTP/1.1?",
    ].map { "GET / \($0)" }

    /// Well-formed versions that are neither 1.0 nor 1.1.
    static let otherVersions: [String] =
        ["0.0", "0.9", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "1.9", "2.0", "2.1", "3.0", "9.9"]
        .map { "GET / HTTP/\($0)" } + ["PRI * HTTP/2.0", "OPTIONS * HTTP/3.0", "G / HTTP/2.0"]

    static let longestMethod = String(repeating: "A", count: 32)
    static let longestTarget = "/" + String(repeating: "a", count: 8_191)

    /// Methods and targets that are read as they are; what the router does with them is another matter.
    static let accepted: [(method: String, target: String)] =
        [
            "GET", "get", "Get", "POST", "M-SEARCH", "A", "1", "!#$%&'*+-.^_`|~", "HTTP", "VERSION-CONTROL",
            longestMethod,
        ].map { ($0, "/") }
        + [
            "*", "/", "//", "/.", "/..", "/../..", "/a/../b", "/a;b=c", "/?", "/??", "/a?b?c", "/?a=b&c=%20", "/%00",
            "/%",
            "/%zz", "/%2e%2e/", "/a:b", "/:80", "/@", "/a@b", "/!$&'()*+,;=:@-._~", "?", "?a", "a", "a/b", "a:443",
            "a.example:443", "[::1]:443", "http:", "http:/", "http:///", "http://a", "http://a/", "http://a:80/b?c",
            "HTTP://A/B", "https://[::1]:8/x", "http://u:p@a/", "ftp://a/b", "javascript:x", "/HTTP/1.1", "/http://a/b",
            "//a.example/b", "\\", "/\\", "HTTP/1.1", longestTarget,
        ].map { ("GET", $0) }
}
