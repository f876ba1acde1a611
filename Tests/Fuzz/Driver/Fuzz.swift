import FuzzChecks

/// Called by libFuzzer with every input; the first byte says what the rest stands for.
///
/// Ends the process when something does not hold, whereupon libFuzzer keeps the input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: data, count: count))
    guard let kind = input.first else { return 0 }
    let message = Array(input.dropFirst())
    let seed = message.reduce(UInt64(count)) { $0 &* 31 &+ UInt64($1) }
    let complaint =
        switch kind {
        case UInt8(ascii: "q"): RequestCheck.complaint(about: message, seed: seed)
        case UInt8(ascii: "s"): AnswerCheck.complaint(about: message, seed: seed)
        case UInt8(ascii: "c"): ChunkCheck.complaint(about: message, seed: seed)
        // Not kept in the corpus.
        default: nil as String?
        }
    if let complaint { fatalError("\(complaint)\nmessage: \"\(spelt(message))\"") }
    return 0
}
