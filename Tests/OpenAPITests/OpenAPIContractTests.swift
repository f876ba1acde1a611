import Foundation
import TestSupport
import Testing

@Suite struct OpenAPIContractTests {
    private static let paths = """
        {
            "/things/{name}": {
                "get": {"operationId": "Things_Get", "responses": {
                    "200": {
                        "description": "", "headers": {
                            "ETag": {"required": true, "schema": {"type": "string", "pattern": "^\\"[0-9]+\\"$"}},
                            "Retry-After": {"schema": {"type": "integer"}}
                        },
                        "content": {"application/json": {"schema": {"type": "object", "required": ["name"]}}}
                    },
                    "default": {"$ref": "#/components/responses/Error"}
                }},
                "delete": {"operationId": "Things_Delete", "responses": {"204": {"description": ""}}},
                "head": {"operationId": "Things_Head", "responses": {
                    "200": {"description": "", "content": {"application/json": {}}}, "4XX": {"description": ""}
                }}
            },
            "/things/special": {"get": {"operationId": "Things_Special", "responses": {"200": {
                "description": "", "x-sluice-optional-body": true, "content": {"application/json": {"schema": {"type": "object"}}}
            }}}},
            "/files/{folder}/{file}": {"x-sluice-takes-rest": true, "get": {"operationId": "Files_Get", "responses": {"2XX": {
                "description": "", "content": {"*/*": {}}
            }}}},
            "/{tenant}/keys": {"get": {"operationId": "Keys_List", "responses": {"200": {
                "description": "", "content": {"application/xml": {}}
            }}}}
        }
        """
    private static let components = """
        {"responses": {"Error": {"description": "", "content": {"application/json": {
            "schema": {"type": "object", "required": ["error"]}}}}}}
        """

    private static func contract() throws -> OpenAPIContract {
        let document = try DocumentFixture.document(paths: paths, components: components)
        return try OpenAPIContract(document: OpenAPIDocument(documents: [("fixture", document)]))
    }

    @Test(
        arguments: [
            ("GET", "/things/a", "Things_Get"), ("get", "/THINGS/a?x=/y", "Things_Get"),
            ("GET", "/things/special", "Things_Special"),
            ("GET", "/things/special/?x", "Things_Special"), ("GET", "/files/a/b/", "Files_Get"),
            ("DELETE", "/things/special", "Things_Delete"), ("GET", "/things/keys", "Things_Get"),
            ("GET", "/adfs/keys", "Keys_List"),
            ("GET", "/files/a/b/c.txt", "Files_Get"), ("GET", "/files/a", nil), ("GET", "/files/a/", nil),
            ("PUT", "/things/a", nil), ("GET", "/things", nil), ("GET", "/things/", nil), ("GET", "/things/a/b", nil),
        ] as [(String, String, String?)])
    func `the most literal path wins, in any case`(_ method: String, _ path: String, _ id: String?) throws {
        #expect(try Self.contract().operation(method: method, path: path)?.id == id)
    }

    @Test func `all operations are listed`() throws {
        let ids = try Self.contract().operations.map(\.id)
        #expect(ids == ["Files_Get", "Things_Special", "Things_Delete", "Things_Get", "Things_Head", "Keys_List"])
    }

    private static let json = ("Content-Type", "application/json; charset=utf-8")
    private static let tag = ("etag", "\"1\"")

    struct Case: Sendable {
        var method = "GET"
        var path = "/things/a"
        var status = 200
        var headers: [(String, String)] = []
        var body = ""
        /// Parts that the problems hold, one each.
        var problems: [String] = []
    }

    static let cases = [
        Case(headers: [json, tag], body: #"{"name": "a"}"#),
        Case(headers: [json, tag, ("Retry-After", "5")], body: #"{"name": "a"}"#),
        Case(headers: [json, tag, ("Retry-After", "soon")], body: #"{"name": "a"}"#, problems: ["header Retry-After"]),
        Case(
            headers: [json], body: #"{"name": "a"}"#, problems: ["Things_Get 200: header ETag: is missing (required)"]),
        Case(headers: [json, ("ETag", "1")], body: #"{"name": "a"}"#, problems: ["(pattern)"]),
        Case(headers: [json, tag], body: "{}", problems: ["Things_Get 200: $.name: is missing (required)"]),
        Case(headers: [json, tag], body: "{", problems: ["is not JSON"]),
        Case(headers: [json, tag], problems: ["body: is missing"]),
        Case(headers: [tag], body: #"{"name": "a"}"#, problems: ["Content-Type: is missing"]),
        Case(
            headers: [tag, ("Content-Type", "text/plain")], body: #"{"name": "a"}"#,
            problems: ["'text/plain' is none of"]),
        Case(status: 201, headers: [json, tag], problems: ["Things_Get 201: the status is not documented"]),
        Case(status: 500, headers: [json], body: #"{"error": 1}"#),
        Case(status: 500, headers: [json], body: "{}", problems: ["$.error"]),
        Case(method: "DELETE", status: 204),
        Case(method: "DELETE", status: 204, headers: [json], body: "{}", problems: ["where none are documented"]),
        Case(method: "DELETE", status: 404, problems: ["the status is not documented"]),
        Case(method: "HEAD"),
        Case(method: "HEAD", headers: [json], body: "{}", problems: ["HEAD is answered without one"]),
        Case(method: "HEAD", status: 404),
        Case(path: "/things/special"),
        Case(path: "/things/special", headers: [json], body: "[]", problems: ["(type)"]),
        Case(path: "/adfs/keys", headers: [("Content-Type", "application/xml")], body: "<a/>"),
        Case(path: "/files/a/b", status: 206, headers: [("Content-Type", "text/plain")], body: "b"),
        Case(path: "/files/a/b", status: 301, problems: ["the status is not documented"]),
        Case(path: "/nothing", problems: ["no such operation"]),
    ]

    @Test(arguments: cases.indices)
    func `an response is held against its documented form`(_ index: Int) throws {
        let item = Self.cases[index]
        let problems = try Self.contract().problems(
            method: item.method, path: item.path, status: item.status, headers: item.headers, body: Data(item.body.utf8)
        )
        #expect(problems.count == item.problems.count, "\(problems)")
        for (problem, part) in zip(problems, item.problems) { #expect(problem.contains(part)) }
    }

    @Test func `documents that contradict each other are refused`() throws {
        let one = try DocumentFixture.document(
            paths: #"{"/a": {}}"#, components: #"{"schemas": {"A": {"type": "string"}}}"#)
        let two = try DocumentFixture.document(components: #"{"schemas": {"A": {"type": "object"}}}"#)
        let old = try DocumentFixture.document(version: "2.0")
        for other in [one, two, old] {
            #expect(throws: OpenAPIDocumentError.self) {
                try OpenAPIDocument(documents: [("one", one), ("other", other)])
            }
        }
        let same = try DocumentFixture.document(components: #"{"schemas": {"A": {"type": "string"}}}"#)
        #expect(try OpenAPIDocument(documents: [("one", one), ("same", same)]).components.count == 1)
    }

    @Test func `an operation without an id is refused`() throws {
        let document = try DocumentFixture.document(paths: #"{"/a": {"get": {"responses": {}}}}"#)
        #expect(throws: OpenAPIDocumentError.self) {
            try OpenAPIContract(document: OpenAPIDocument(documents: [("a", document)]))
        }
    }
}
