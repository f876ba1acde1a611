import TemplateFuzzChecks

/// Called by libFuzzer with every input; the first byte says what the rest stands for.
///
/// Ends the process when something does not hold, whereupon libFuzzer keeps the input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: data, count: count))
    if let complaint = TemplateCheck.complaint(about: input) {
        fatalError("\(complaint)\ntemplate: \(TemplateCheck.spelling(of: input))")
    }
    return 0
}
