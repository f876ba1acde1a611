import Artifacts
import Foundation
import FoundationXML
import HTTPTypes

/// Reads the body of Put Block List: `<BlockList>` with `<Latest>`, `<Committed>` and `<Uncommitted>` elements.
final class BlockListParser: NSObject, XMLParserDelegate {
    /// Of the body, in bytes.
    static let maximumSize = 8 << 20

    private var references: [BlockReference] = []
    private var path: [String] = []
    private var hasRoot = false
    private var text = ""
    private var failure: StorageFailure?

    /// - Throws: `InvalidXmlDocument`, `InvalidBlockId`.
    static func parse(_ body: [UInt8]) throws -> [BlockReference] {
        // A document type could define entities that blow up; none of ours has one. Text that is not UTF-8 could hide it.
        guard let text = String(validating: body, as: UTF8.self), !text.contains("<!DOCTYPE"), !text.utf8.contains(0)
        else { throw invalid }
        let delegate = BlockListParser()
        let parser = XMLParser(data: Data(body))
        parser.shouldResolveExternalEntities = false
        parser.delegate = delegate
        let isComplete = parser.parse()
        if let failure = delegate.failure { throw failure }
        // An empty body is no error to the parser.
        guard isComplete, delegate.hasRoot, delegate.path.isEmpty else { throw invalid }
        return delegate.references
    }

    private static let invalid = StorageFailure(
        .badRequest, "InvalidXmlDocument", "The body is not a valid block list.")

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        let isExpected =
            path.isEmpty
            ? name == "BlockList" : path.count == 1 && ["Latest", "Committed", "Uncommitted"].contains(name)
        guard isExpected else { return abort(parser, Self.invalid) }
        hasRoot = true
        path.append(name)
        text = ""
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

    func parser(
        _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
    ) {
        defer { text = "" }
        guard path.popLast() != nil, path.count == 1 else { return }
        do {
            let id = try BlockID(base64: text.trimmingCharacters(in: .whitespacesAndNewlines))
            switch name {
            case "Committed": references.append(.committed(id))
            case "Uncommitted": references.append(.uncommitted(id))
            default: references.append(.latest(id))
            }
        } catch {
            abort(parser, StorageFailure(error))
        }
    }

    func parser(_ parser: XMLParser, foundInternalEntityDeclarationWithName name: String, value: String?) {
        abort(parser, Self.invalid)
    }

    private func abort(_ parser: XMLParser, _ failure: StorageFailure) {
        self.failure = self.failure ?? failure
        parser.abortParsing()
    }
}
