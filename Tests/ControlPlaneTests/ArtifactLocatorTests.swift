import Resources
import Testing

@testable import ControlPlane

@Suite struct ArtifactLocatorTests {
    @Test(arguments: [
        ("https://localhost:8443/sluicestore/models/a/b", "models", "a/b"),
        ("http://127.0.0.1:9000/sluicestore/code-0123", "code-0123", ""),
        ("https://localhost/sluicestore/models/a/", "models", "a"),
        ("https://localhost/sluicestore/models/a?sv=1&sig=x%2Fy", "models", "a"),
        ("https://sluicestore.blob.core.windows.net/models/a/b", "models", "a/b"),
        ("https://sluicestore.blob.local/models", "models", ""),
        ("https://localhost/code-0123/score.py", "code-0123", "score.py"),
        ("https://localhost/azureml-blobstore-1/x/y", "azureml-blobstore-1", "x/y"),
        ("https://localhost/sluicestore/models/with%20space/%C3%A9", "models", "with space/é"),
    ])
    func `a blob's URL names container and path`(_ text: String, _ container: String, _ path: String) {
        #expect(ArtifactLocator.parseBlobURL(text) == ArtifactReference(container: container, path: path))
    }

    @Test(arguments: ["", "models/a", "https://localhost", "https://localhost/", "https://localhost/sluicestore"])
    func `what is no blob's URL names nothing`(_ text: String) {
        #expect(ArtifactLocator.parseBlobURL(text) == nil)
    }
}
