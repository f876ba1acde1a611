import Postgres
package import Resources

/// Documents in columns of type json, which keeps the order of members.
extension JSONValue: PostgresEncodable, PostgresDecodable {
    package var postgresText: String { JSONWriter.text(of: self) }

    package init?(postgresText: String) {
        // A document that no longer reads is reported by the caller with its column.
        guard let value = try? JSONParser.parse(postgresText.utf8, as: .template) else { return nil }
        self = value
    }
}
