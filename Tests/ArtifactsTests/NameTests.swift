import Artifacts
import Foundation
import Testing

@Suite struct NameTests {
    @Test(arguments: ["abc", "a-b", "0az-9", String(repeating: "a", count: 63)])
    func `a container may have this name`(_ name: String) throws {
        #expect(try ContainerName(name).value == name)
    }

    @Test(arguments: [
        "", "ab", "-ab", "ab-", "a--b", "Abc", "a_b", "a.b", "..", "a/b", "$root", "äbc",
        String(repeating: "a", count: 64),
    ])
    func `a container may not have this name`(_ name: String) {
        #expect(throws: ArtifactError.self) { try ContainerName(name) }
    }

    @Test func `a blob name is any text but empty, over-long or with NUL`() throws {
        for name in ["..", "/etc/passwd", "a\\b", "🎉", " ", String(repeating: "x", count: 1024)] {
            _ = try BlobName(name)
        }
        for name in ["", "a\0b", String(repeating: "x", count: 1025)] {
            #expect(throws: ArtifactError.self) { try BlobName(name) }
        }
    }

    @Test func `names that look the same but have other bytes are different names`() throws {
        let (composed, decomposed) = (try BlobName("\u{e9}"), try BlobName("e\u{301}"))
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
        #expect(decomposed < composed)
    }

    @Test func `a block ID is Base64 of up to 64 bytes`() throws {
        #expect(try BlockID(base64: "AAE=").base64 == "AAE=")
        for text in ["", "%", String(repeating: "AAAA", count: 22)] {
            #expect(throws: ArtifactError.self) { try BlockID(base64: text) }
        }
    }
}
