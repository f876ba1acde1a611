import Artifacts
import Foundation
import Testing

@Suite struct StorageDateTests {
    @Test func `dates are written and read in both spellings`() {
        let date = Date(timeIntervalSince1970: 784_111_777)
        #expect(StorageDate.http(date) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(StorageDate.parseHTTP("Sun, 06 Nov 1994 08:49:37 GMT") == date)
        #expect(StorageDate.iso(date) == "1994-11-06T08:49:37Z")
        for text in ["1994-11-06T08:49:37Z", "1994-11-06T08:49:37.1234567Z"] {
            #expect(StorageDate.parseISO(text) == date)
        }
        #expect(StorageDate.parseISO("1994-11-06T08:49Z") == date - 37)
        #expect(StorageDate.parseISO("1994-11-06") == date - 31_777)
    }

    @Test(arguments: [
        "", "T", "now", "1994-11-06T08:49:37", "1994-13-06", "1994-11-06T25:00Z", "1994-11-06T", "-1-2-3",
        "1994-11-06T08:49:37+01:00",
    ])
    func `what is no date is none`(_ text: String) {
        #expect(StorageDate.parseISO(text) == nil)
        #expect(StorageDate.parseHTTP(text) == nil)
    }
}
