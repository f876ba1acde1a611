import Artifacts
import HTTPTypes
import Testing

@Suite struct ContainerRoutesTests {
    @Test func `containers are created, described, listed and deleted`() async throws {
        try await RoutesFixture.run { _, client in
            let uri = "/acct/data-1?restype=container"
            #expect(try await client.send(.head, uri).outcome == "404 ContainerNotFound")
            #expect(try await client.send(.put, uri, ["x-ms-meta-a": "1"]).outcome == "201 ")
            #expect(try await client.send(.put, uri).outcome == "409 ContainerAlreadyExists")
            #expect(try await client.send(.get, uri)["x-ms-meta-a"] == "1")
            let list = try await client.send(.get, "/acct?comp=list&prefix=d&include=metadata").text
            #expect(list.contains("<Container><Name>data-1</Name>"))
            #expect(list.contains("<Metadata><a>1</a></Metadata>"))
            #expect(!list.contains("models"))
            #expect(
                try await client.send(.get, "/acct/?comp=list&maxresults=1").text.contains(
                    "<NextMarker>data-1</NextMarker>"))
            #expect(try await client.send(.delete, uri).outcome == "202 ")
            #expect(try await client.send(.get, "\(uri)&comp=list").outcome == "404 ContainerNotFound")
        }
    }

    @Test func `a listing is XML with escaped names, folders and markers`() async throws {
        try await RoutesFixture.run { _, client in
            for name in ["f/a%26%3Cb", "f/g/c", "f/z", "h%01"] {
                try await client.put(name, "x", ["x-ms-meta-k": "<v>"])
            }
            let list = { (query: String) in
                try await client.send(.get, "/acct/models?restype=container&comp=list\(query)").text
            }
            let folder = try await list("&prefix=f%2F&delimiter=%2F&include=metadata")
            #expect(folder.contains("<Prefix>f/</Prefix><Delimiter>/</Delimiter>"))
            #expect(folder.contains("<Blob><Name>f/a&amp;&lt;b</Name><Properties>"))
            #expect(folder.contains("<Content-Length>1</Content-Length>"))
            #expect(folder.contains("<BlobType>BlockBlob</BlobType>"))
            #expect(folder.contains("<Metadata><k>&lt;v&gt;</k></Metadata>"))
            #expect(folder.contains("<BlobPrefix><Name>f/g/</Name></BlobPrefix>"))
            #expect(folder.contains("<NextMarker></NextMarker>"))
            let plain = try await list("")
            #expect(!plain.contains("<Metadata>"))
            #expect(plain.contains("<Name Encoded=\"true\">h%01</Name>"))
            let first = try await list("&maxresults=2")
            let marker = try #require(first.firstMatch(of: /<NextMarker>(.+)<\/NextMarker>/)?.output.1)
            let second = try await list("&marker=\(marker)")
            #expect(second.contains("<Name>f/z</Name>") && !second.contains("f/g/c"))
            #expect(try await list("&maxresults=0").contains("InvalidQueryParameterValue"))
            #expect(try await list("&marker=zz").contains("OutOfRangeInput"))
            #expect(try await list("&include=uncommittedblobs").contains("UnsupportedQueryParameter"))
        }
    }
}
