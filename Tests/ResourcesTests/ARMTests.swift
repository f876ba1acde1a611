import Foundation
import Resources
import Testing

@Suite struct ISODurationTests {
    @Test(arguments: [
        ("PT5S", 5_000), ("PT0.5S", 500), ("PT0.001S", 1), ("PT1M30S", 90_000), ("PT5M", 300_000), ("PT1H", 3_600_000),
        ("P1D", 86_400_000),
        ("P1DT2H", 93_600_000), ("P1W", 604_800_000), ("PT0S", 0), ("pt5s", 5_000), ("PT90M", 5_400_000),
        ("P3650D", 315_360_000_000),
    ])
    func `a duration is read`(text: String, milliseconds: Int) {
        #expect(ISODuration(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "P", "PT", "5", "5S", "PT5", "P5S", "PT5D", "P1Y", "P1M", "PT-5S", "-PT5S", "PT5S ", " PT5S", "PTS",
        "PT1.2.3S", "PT٥S", "PT1e3S", "PT5X",
        "P3651D", "PTinfS", "PT99999999999999999999S",
    ])
    func `what is no duration is refused`(text: String) {
        #expect(ISODuration(text) == nil)
    }

    @Test(arguments: [
        (0, "PT0S"), (500, "PT0.5S"), (1, "PT0.001S"), (59_999, "PT59.999S"), (90_000, "PT1M30S"), (3_600_000, "PT1H"),
        (90_061_000, "PT25H1M1S"),
    ])
    func `a duration is written and reads back`(milliseconds: Int, text: String) throws {
        let duration = ISODuration(milliseconds: milliseconds)
        #expect(duration.description == text)
        #expect(ISODuration(text) == duration)
        #expect(try JSONDecoder().decode([ISODuration].self, from: JSONEncoder().encode([duration])) == [duration])
    }

    @Test func `a duration of a body must be in its range`() throws {
        let reader = try body(#"{"low": "PT0.5S", "high": "PT2M", "odd": "soon", "good": "PT1M"}"#)
        #expect(reader.duration("good", milliseconds: 1_000...60_000)?.milliseconds == 60_000)
        #expect(reader.duration("absent", milliseconds: 1_000...60_000) == nil)
        for name in ["low", "high", "odd"] { #expect(reader.duration(name, milliseconds: 1_000...60_000) == nil) }
        let error = #expect(throws: ARMError.self) { try reader.throwProblems(in: "The body") }
        #expect(paths(error) == ["$.low", "$.high", "$.odd"])
    }
}

@Suite struct APIVersionTests {
    @Test func `versions are ordered by date, a preview before the stable one of its day`() throws {
        let ordered = ["2022-02-01-preview", "2022-05-01", "2024-04-01-preview", "2024-04-01", "2024-10-01"]
        let versions = try ordered.map { try #require(APIVersion($0)) }
        for (index, version) in versions.enumerated() {
            for (other, later) in versions.enumerated() {
                #expect((version < later) == (index < other))
                #expect((version == later) == (index == other))
            }
        }
    }

    @Test func `a version is read in any case`() {
        #expect(APIVersion("2024-04-01-PREVIEW") == APIVersion("2024-04-01-preview"))
        #expect(APIVersion("2024-04-01") == APIVersion.reference)
    }

    @Test(arguments: [
        "", "2024", "2024-04-1", "2024/04/01", "2024-04-01preview", "2024-04-01-", " 2024-04-01", "20240401xx",
        "latest", "٢٠٢٤-04-01", "2024-04-01-a b", "2024-04-01-%", "2024-04-01-\r\n", "2024-04-01-é",
    ])
    func `what is no version is refused`(text: String) {
        #expect(APIVersion(text) == nil)
    }

    @Test func `the lists that we response are in order and hold the reference`() {
        for list in [APIVersion.machineLearning, APIVersion.resources] {
            #expect(list == list.sorted())
            #expect(Set(list).count == list.count)
        }
        #expect(APIVersion.machineLearning.contains(.reference))
    }
}

@Suite struct PageTokenTests {
    @Test(arguments: [Int64.min, -1, 0, 1_769_860_800_123_456])
    func `a token survives its text`(microseconds: Int64) {
        let token = PageToken(microseconds: microseconds, id: UUID())
        guard (0...253_402_300_799_999_999).contains(microseconds) || PageToken(token.text) != nil else { return }
        #expect(PageToken(token.text) == token)
    }

    @Test(arguments: [
        "", "_", "5", "5_", "_5", "x_2F2D8D6C-0A3B-4B7C-8D5E-1F2A3B4C5D6E", "5_nouuid",
        "5_2f2d8d6c-0a3b-4b7c-8d5e-1f2a3b4c5d6e_1", "99999999999999999999_2f2d8d6c-0a3b-4b7c-8d5e-1f2a3b4c5d6e",
    ])
    func `a text that no token made is refused`(text: String) {
        #expect(PageToken(text) == nil)
    }

    @Test(arguments: [(-5, 1), (0, 1), (1, 1), (1_000, 1_000), (1_001, 1_000), (Int.max, 1_000)])
    func `the number of rows asked for is bounded`(asked: Int, count: Int) {
        #expect(PageRequest(count: asked).count == count)
    }

    @Test func `a page that is mapped keeps its position`() {
        let token = PageToken(microseconds: 1, id: UUID())
        let page = Page(items: [1, 2], next: token).map { "\($0)" }
        #expect(page.items == ["1", "2"] && page.next == token)
    }
}

@Suite struct WritePreconditionTests {
    static let stored = RowVersion(revision: 7, generation: 2)

    static let table: [(WritePrecondition, RowVersion?, Bool)] = [
        (.none, nil, true), (.none, stored, true),
        (WritePrecondition(ifMatch: .any), nil, false), (WritePrecondition(ifMatch: .any), stored, true),
        (WritePrecondition(ifMatch: .tags(["\"7\""])), stored, true),
        (WritePrecondition(ifMatch: .tags(["\"6\"", "\"7\""])), stored, true),
        (WritePrecondition(ifMatch: .tags(["\"6\""])), stored, false),
        (WritePrecondition(ifMatch: .tags(["7"])), stored, false),
        (WritePrecondition(ifMatch: .tags(["W/\"7\""])), stored, false),
        (WritePrecondition(ifMatch: .tags([])), stored, false),
        (WritePrecondition(ifMatch: .tags(["\"7\""])), nil, false),
        (WritePrecondition(mustNotExist: true), nil, true), (WritePrecondition(mustNotExist: true), stored, false),
        (WritePrecondition(ifMatch: .any, mustNotExist: true), stored, false),
        (WritePrecondition(ifMatch: .any, mustNotExist: true), nil, false),
    ]

    @Test(arguments: table)
    func `a write happens when the stored state satisfies its headers`(
        precondition: WritePrecondition, stored: RowVersion?, isMet: Bool
    ) {
        do {
            try precondition.check(stored, "The endpoint 'e'")
            #expect(isMet)
        } catch {
            #expect(!isMet)
            #expect(error.code == .preconditionFailed && error.message.hasPrefix("The endpoint 'e' "))
        }
    }
}

@Suite struct ResourceQuantityTests {
    @Test(arguments: [
        ("500m", 0.5), ("2", 2), ("0.5", 0.5), ("1k", 1_000), ("512Mi", 536_870_912), ("1Gi", 1_073_741_824),
        ("1G", 1_000_000_000), ("0", 0), ("1.5Gi", 1_610_612_736), ("1e3", 1_000), ("2E-1", 0.2), ("1E", 1e18),
        ("\"1\"", 1),
    ])
    func `a quantity is a number with a suffix`(text: String, value: Double) {
        #expect(ResourceQuantity(text)?.value == value)
    }

    @Test(arguments: [
        "", "m", "-1", "+1", "1 Gi", "1gi", "1GB", "one", "1.2.3", "١", "NaN", "nan", "inf", "Infinity", "1e308E",
        "1e400",
        "1e99999", "0x10", "1e", "1e1.5", "--1",
    ])
    func `what is no quantity is refused`(text: String) {
        #expect(ResourceQuantity(text) == nil)
    }

    @Test(
        arguments: [
            ("1", 1_000), ("500m", 500), ("0.57", 570), ("0", 0), ("0.0001", 1), ("1n", 1), ("10000", 10_000_000),
            ("10k", 10_000_000), ("10001", nil), ("900000000000000", nil), ("9223372036854775808", nil), ("9e15", nil),
            ("1e300", nil), ("1Ei", nil),
        ] as [(String, Int?)])
    func `CPU is at most ten thousand cores, and never less than was asked`(text: String, millicores: Int?) throws {
        #expect(Millicores(try #require(ResourceQuantity(text)))?.amount == millicores)
    }

    @Test(
        arguments: [
            ("1", 1), ("1m", 1), ("0", 0), ("1.5", 2), ("1Gi", 1 << 30), ("1Pi", 1 << 50), ("1024Ti", 1 << 50),
            ("1125899906842625", nil), ("9e15", nil), ("9223372036854775808", nil), ("1Ei", nil), ("1e300", nil),
        ] as [(String, Int64?)])
    func `memory is at most a pebibyte`(text: String, bytes: Int64?) throws {
        #expect(ByteCount(try #require(ResourceQuantity(text)))?.amount == bytes)
    }

    @Test(
        arguments: [("0", 0), ("4", 4), ("1k", 1_000), ("0.5", nil), ("500m", nil), ("1025", nil), ("1e300", nil)]
            as [(String, Int?)])
    func `GPUs are whole`(text: String, count: Int?) throws {
        #expect(GPUCount(try #require(ResourceQuantity(text)))?.amount == count)
    }

    @Test func `limits stored without a bound are read within it, in the same shape`() throws {
        let stored = Data(#"{"cpuMillicores":900000000000000000,"memoryBytes":-5}"#.utf8)
        let limits = try JSONDecoder().decode(ResourceLimits.self, from: stored)
        #expect(limits == ResourceLimits(cpuMillicores: 10_000_000, memoryBytes: 0))
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = String(decoding: try encoder.encode(limits), as: UTF8.self)
        #expect(text == #"{"cpuMillicores":10000000,"memoryBytes":0}"#)
    }

    @Test(arguments: [
        (1.9, 1), (-1.9, -1), (1e308, Int.max), (-1e308, Int.min), (.nan, 0), (.infinity, Int.max), (9.3e18, Int.max),
    ])
    func `a number that is no integer becomes the nearest one`(number: Double, integer: Int) {
        #expect(Int(clamping: number) == integer)
    }
}

@Suite struct ResourceEnvelopeTests {
    private func envelope(_ json: String) throws -> (ResourceEnvelope, ARMError?) {
        let reader = try body(json)
        let envelope = ResourceEnvelope(reading: reader)
        do {
            try reader.throwProblems(in: "The resource")
            return (envelope, nil)
        } catch {
            return (envelope, error)
        }
    }

    @Test func `what a resource carries is read`() throws {
        let (envelope, problem) = try envelope(
            """
            {"location": "West Europe", "tags": {"a": "b", "n": 1}, "kind": "k", "sku": {"name": "Default", "tier": "Free", "capacity": "3"},
             "identity": {"type": "systemassigned,userassigned", "userAssignedIdentities": {"/x": {}}}}
            """)
        #expect(problem == nil)
        #expect(envelope.location == "westeurope" && envelope.tags == ["a": "b", "n": "1"] && envelope.kind == "k")
        #expect(envelope.sku == ResourceSKU(name: "Default", tier: "Free", capacity: 3))
        #expect(envelope.identity?.type == .both && envelope.identity?.userAssigned == ["/x"])
    }

    @Test(arguments: ["{}", #"{"location": ""}"#, #"{"location": null}"#, #"{"location": 1}"#, #"{"location": "   "}"#])
    func `a location is required`(json: String) throws {
        #expect(paths(try envelope(json).1) == ["$.location"])
    }

    @Test(arguments: [(50, 512, 256, true), (51, 512, 256, false), (1, 513, 1, false), (1, 512, 257, false)])
    func `tags are limited in number and length`(count: Int, keyLength: Int, valueLength: Int, isValid: Bool) throws {
        let tags = (0..<count).map { number in
            let key = String(repeating: "k", count: keyLength - 3) + String(100 + number)
            return "\"\(key)\": \"\(String(repeating: "v", count: valueLength))\""
        }
        let problem = try envelope("{\"location\": \"eu\", \"tags\": {\(tags.joined(separator: ", "))}}").1
        #expect(paths(problem) == (isValid ? [] : ["$.tags"]))
    }

    @Test(arguments: [
        (#"{"type": "Odd"}"#, "$.identity.type"), ("{}", "$.identity.type"), ("[]", "$.identity"), ("1", "$.identity"),
    ])
    func `an identity without a known type is a problem`(json: String, path: String) throws {
        #expect(paths(try envelope("{\"location\": \"eu\", \"identity\": \(json)}").1).contains(path))
    }
}
