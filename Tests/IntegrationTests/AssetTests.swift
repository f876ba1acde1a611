import TestSupport
import Testing

/// Code, models and environments: containers and versions.
@Suite struct AssetTests {
    /// A kind with two bodies of different content.
    struct Kind: Sendable, CustomTestStringConvertible {
        let path: String
        let first: String
        let second: String
        let whenChanged: (status: Int, code: String)

        var testDescription: String { path }
    }

    static let kinds = [
        Kind(
            path: "codes",
            first: #""codeUri": "azureml://datastores/workspaceblobstore/paths/a/""#,
            second: #""codeUri": "azureml://datastores/workspaceblobstore/paths/b/""#, whenChanged: (400, "UserError")),
        Kind(
            path: "models",
            first: #""modelUri": "azureml://datastores/workspaceblobstore/paths/a/", "modelType": "mlflow_model""#,
            second: #""modelUri": "azureml://datastores/workspaceblobstore/paths/b/""#, whenChanged: (400, "UserError")),
        Kind(
            path: "environments", first: #""image": "mcr.microsoft.com/azureml/a""#,
            second: #""image": "mcr.microsoft.com/azureml/b""#, whenChanged: (409, "Conflict")),
    ]

    private func body(_ content: String, _ more: String = "") -> String {
        #"{"properties": {\#(content)\#(more.isEmpty ? "" : ", \(more)")}}"#
    }

    @Test(arguments: kinds) func `a container is made, changed and removed with its versions`(_ kind: Kind) async throws
    {
        try await TestServer.run(.withoutRouters) { server in
            let path = "\(server.api.workspace)/\(kind.path)/thing"
            #expect(try await server.api.get(path).status == 404)
            #expect(try await server.api.put(path, #"{"properties": {"description": "one"}}"#).status == 201)
            let changed = try await server.api.put(path, #"{"properties": {"description": "two"}}"#)
            #expect(changed.status == 200)
            #expect(changed["properties.description"] == "two")
            #expect(try await server.api.put("\(path)/versions/1", body(kind.first)).status == 201)
            #expect(try await server.api.get(path)["properties.latestVersion"] == "1")
            #expect(try await server.api.get(path)["properties.nextVersion"] == "2")
            #expect(try await server.api.delete(path).status == 200)
            #expect(try await server.api.delete(path).status == 204)
            #expect(try await server.api.get("\(path)/versions/1").status == 404)
        }
    }

    @Test(arguments: kinds) func `a version's content never changes, what describes it may`(_ kind: Kind) async throws {
        try await TestServer.run(.withoutRouters) { server in
            let path = "\(server.api.workspace)/\(kind.path)/thing/versions/1"
            let made = try await server.api.put(path, body(kind.first))
            #expect(made.status == 201)
            #expect(made["name"] == "1")
            #expect(try await server.api.put(path, body(kind.first)).status == 200)
            let described = try await server.api.put(
                path, body(kind.first, #""description": "better", "tags": {"a": "b"}"#))
            #expect(described.status == 200)
            #expect(described["properties.tags.a"] == "b")
            let changed = try await server.api.put(path, body(kind.second))
            #expect(changed.status == kind.whenChanged.status)
            #expect(changed.errorCode == kind.whenChanged.code)
            #expect(try await server.api.get(path)["properties.description"] == "better")
            #expect(try await server.api.delete(path).status == 200)
            #expect(try await server.api.put(path, body(kind.second)).status == 201, "a removed version's name is free")
        }
    }

    @Test(arguments: kinds) func `archived versions show where they are asked for`(_ kind: Kind) async throws {
        try await TestServer.run(.withoutRouters) { server in
            let path = "\(server.api.workspace)/\(kind.path)/thing/versions"
            for version in ["1", "2", "3"] { _ = try await server.api.put("\(path)/\(version)", body(kind.first)) }
            let archived = try await server.api.put("\(path)/2", body(kind.first, #""isArchived": true"#))
            #expect(archived["properties.isArchived"] == "true")
            func names(_ query: String) async throws -> [String] {
                try await server.api.get("\(path)\(query)").json["value"].texts("name")
            }
            #expect(Set(try await names("")) == ["1", "3"])
            #expect(Set(try await names("?listViewType=ActiveOnly")) == ["1", "3"])
            #expect(try await names("?listViewType=archivedonly") == ["2"])
            #expect(Set(try await names("?listViewType=All")) == ["1", "2", "3"])
            #expect(try await server.api.get("\(path)/2").status == 200, "it can still be read")
        }
    }

    @Test(arguments: kinds) func `pages lead to the end, each item once`(_ kind: Kind) async throws {
        try await TestServer.run(.withoutRouters) { server in
            let path = "\(server.api.workspace)/\(kind.path)"
            for index in 0..<7 { _ = try await server.api.put("\(path)/thing\(index)/versions/1", body(kind.first)) }
            var seen: [String] = []
            var next: String? = "\(path)?$top=3"
            var pages = 0
            while let url = next {
                let page = try await server.api.get(url)
                #expect(page.status == 200)
                #expect(page.json["value"].items.count <= 3)
                seen += page.json["value"].texts("name")
                next = page["nextLink"]
                pages += 1
                guard pages < 10 else { break }
            }
            #expect(pages == 3)
            #expect(seen.sorted() == (0..<7).map { "thing\($0)" })
        }
    }

    @Test func `versions are listed newest first when asked`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let path = "\(server.api.workspace)/models/thing/versions"
            for version in ["1", "2", "3"] {
                _ = try await server.api.put("\(path)/\(version)", body(Self.kinds[1].first))
            }
            let newest = try await server.api.get("\(path)?$orderBy=createdtime%20desc&$top=1")
            #expect(newest.json["value"].texts("name") == ["3"])
            let next = try await server.api.get(try #require(newest["nextLink"]))
            #expect(next.json["value"].texts("name") == ["2"])
        }
    }

    @Test func `the latest label means the newest version`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let path = "\(server.api.workspace)/environments/thing"
            for version in ["1", "2"] {
                _ = try await server.api.put("\(path)/versions/\(version)", body(Self.kinds[2].first))
            }
            #expect(try await server.api.get(path)["properties.latestVersion"] == "2")
            try await server.makeEndpoint("house")
            for reference in ["\(path)/labels/latest", "azureml:thing@latest", "thing:2", "azureml:\(path)/versions/1"]
            {
                let response = try await server.api.put(
                    server.deployment("blue", of: "house"), TestBody.deployment(environment: reference))
                #expect(response.status < 300, "\(reference): \(response.text)")
                _ = try await server.api.finish(response)
            }
        }
    }

    @Test func `code is found by the hash of its content`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let path = "\(server.api.workspace)/codes"
            let hash = String(repeating: "ab", count: 32)
            let more = #""properties": {"hash_sha256": "\#(hash)", "hash_version": "202208"}"#
            _ = try await server.api.put("\(path)/one/versions/1", body(Self.kinds[0].first, more))
            _ = try await server.api.put("\(path)/two/versions/1", body(Self.kinds[0].second))
            let found = try await server.api.get("\(path)/any/versions?hash=\(hash)&hashVersion=202208")
            #expect(found.status == 200)
            #expect(found.json["value"].items.count == 1)
            #expect(found["value.0.id"]?.hasSuffix("/codes/one/versions/1") == true)
            let none = try await server.api.get("\(path)/any/versions?hash=00")
            #expect(none.json["value"].items.isEmpty)
        }
    }

    @Test func `what an asset must have is asked for`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            for (path, body, target) in [
                ("codes/a/versions/1", #"{"properties": {}}"#, "$.properties.codeUri"),
                (
                    "models/a/versions/1", #"{"properties": {"modelUri": "x:1", "modelType": "magic"}}"#,
                    "$.properties.modelType"
                ),
                ("environments/a/versions/1", #"{"properties": {}}"#, "$.properties"),
                ("models/a", "{}", "$.properties"),
            ] {
                let response = try await server.api.put("\(server.api.workspace)/\(path)", body)
                #expect(response.status == 400, "\(path)")
                #expect(response["error.target"] == target, "\(path): \(response.text)")
            }
            let name = try await server.api.put(
                "\(server.api.workspace)/models/-a/versions/1", body(Self.kinds[1].first))
            #expect((name.status, name.errorCode) == (400, "InvalidResourceName"))
        }
    }
}
