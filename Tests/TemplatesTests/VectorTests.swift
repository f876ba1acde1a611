import Foundation
import Resources
import Testing

@testable import Templates

/// The shared table of expressions and their values.
@Suite struct VectorTests {
    @Test(.enabled(if: SharedFixtures.directory != nil, "the shared fixtures are not here"))
    func allVectorsHold() throws {
        let directory = try #require(SharedFixtures.directory)
        let document = try SharedFixtures.read(directory.appending(path: "arm-expressions/vectors.json"))
        let vectors = document["vectors"]?.elements ?? []
        #expect(vectors.count > 150)
        for vector in vectors {
            let expression = vector["expression"]?.text ?? ""
            let given = vector["context"]
            let context = TemplateFixture.context(
                subscription: given?["subscriptionId"]?.text ?? TemplateFixture.subscription,
                group: given?["resourceGroup"]?["name"]?.text ?? "rg",
                location: given?["resourceGroup"]?["location"]?.text ?? "eastus")
            let result = Result {
                try TemplateFixture.evaluate(
                    expression, parameters: given?["parameters"] ?? .object(JSONObject()), context: context)
            }
            switch result {
            case .success(let value):
                #expect(vector["error"] == nil, "\(expression) must fail, not be \(JSONWriter.text(of: value))")
                guard let expected = vector["expect"] else { continue }
                var budget = EvaluationBudget()
                #expect(
                    try value.isSame(as: expected, spending: &budget),
                    "\(expression) is \(JSONWriter.text(of: value)), not \(JSONWriter.text(of: expected))")
            case .failure(let error):
                #expect(vector["error"]?.flag == true, "\(expression) fails: \(error)")
            }
        }
    }
}
