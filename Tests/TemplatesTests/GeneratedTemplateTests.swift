import Foundation
import TemplateFuzzChecks
import Testing

/// What the fuzzer checks of templates, for a few seconds of generated ones and for its corpus.
@Suite struct GeneratedTemplateTests {
    /// A generator of the same numbers on every machine (SplitMix64).
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
            return mixed ^ mixed >> 31
        }
    }

    @Test(arguments: [UInt8(ascii: "g"), UInt8(ascii: "x")])
    func generatedOnesHold(kind: UInt8) {
        var numbers = Numbers(state: UInt64(kind))
        let end = ContinuousClock.now + .milliseconds(1_500)
        var count = 0
        repeat {
            let length = Int.random(in: 0...300, using: &numbers)
            let input = [kind] + (0..<length).map { _ in UInt8.random(in: 0...255, using: &numbers) }
            if let complaint = TemplateCheck.complaint(about: input) {
                Issue.record("\(complaint)\ntemplate: \(TemplateCheck.spelling(of: input))")
                return
            }
            count += 1
        } while ContinuousClock.now < end
        #expect(count > 10)
    }

    @Test func theCorpusHolds() throws {
        let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fuzz/TemplateCorpus")
        let files = try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
        #expect(files.count > 5)
        for file in files {
            let complaint = TemplateCheck.complaint(about: Array(try Data(contentsOf: file)))
            #expect(complaint == nil, "\(file.lastPathComponent): \(complaint ?? "")")
        }
    }
}
