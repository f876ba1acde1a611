import Foundation
import Testing

@testable import Artifacts

@Suite struct BlobConditionTests {
    private static let date = Date(timeIntervalSince1970: 1000)

    private static func record() throws -> BlobRecord {
        BlobRecord(
            name: try BlobName("x"), etag: "0x1", createdAt: date, lastModified: date, size: 0, sha256: "",
            properties: .init(), metadata: [:], committedBlocks: [], contentFile: "")
    }

    struct Case: Sendable {
        var conditions: BlobConditions
        var write: ArtifactError.Code?
        var read: ArtifactError.Code?
    }

    static let cases = [
        Case(conditions: .none, write: nil, read: nil),
        Case(conditions: .init(ifMatch: .any), write: nil, read: nil),
        Case(conditions: .init(ifMatch: .oneOf(["0x0", "0x1"])), write: nil, read: nil),
        Case(conditions: .init(ifMatch: .oneOf(["0x2"])), write: .conditionNotMet, read: .conditionNotMet),
        Case(conditions: .ifAbsent, write: .blobAlreadyExists, read: .notModified),
        Case(conditions: .init(ifNoneMatch: .oneOf(["0x1"])), write: .conditionNotMet, read: .notModified),
        Case(conditions: .init(ifNoneMatch: .oneOf(["0x2"])), write: nil, read: nil),
        Case(conditions: .init(ifModifiedSince: date), write: .conditionNotMet, read: .notModified),
        Case(conditions: .init(ifModifiedSince: date - 1), write: nil, read: nil),
        Case(conditions: .init(ifUnmodifiedSince: date), write: nil, read: nil),
        Case(conditions: .init(ifUnmodifiedSince: date - 1), write: .conditionNotMet, read: .conditionNotMet),
    ]

    @Test(arguments: cases)
    func `conditions on an existing blob`(_ item: Case) throws {
        let record = try Self.record()
        #expect(Self.code { () throws(ArtifactError) in try item.conditions.checkWrite(over: record) } == item.write)
        #expect(Self.code { () throws(ArtifactError) in try item.conditions.checkRead(of: record) } == item.read)
    }

    @Test func `only If-Match needs a blob to be there`() {
        for item in Self.cases {
            let expected: ArtifactError.Code? = item.conditions.ifMatch == nil ? nil : .conditionNotMet
            #expect(Self.code { () throws(ArtifactError) in try item.conditions.checkWrite(over: nil) } == expected)
        }
    }

    @Test func `each write has a new tag that conditions see`() async throws {
        let fixture = try await StoreFixture()
        let first = try await fixture.put("x", "1")
        let second = try await fixture.store.setMetadata(["a": "b"], of: BlobName("x"), in: fixture.container)
        #expect(first.etag != second.etag)
        let stale = BlobConditions(ifMatch: .oneOf([first.etag]))
        #expect(
            await ArtifactsTests.code { _ = try await fixture.put("x", "2", conditions: stale) } == .conditionNotMet)
        #expect(
            await ArtifactsTests.code {
                try await fixture.store.delete(BlobName("x"), in: fixture.container, conditions: stale)
            } == .conditionNotMet)
        _ = try await fixture.put("x", "3", conditions: .init(ifMatch: .oneOf([second.etag])))
        #expect(try await fixture.text("x") == "3")
    }

    private static func code(_ body: () throws(ArtifactError) -> Void) -> ArtifactError.Code? {
        do throws(ArtifactError) {
            try body()
            return nil
        } catch {
            return error.code
        }
    }
}
