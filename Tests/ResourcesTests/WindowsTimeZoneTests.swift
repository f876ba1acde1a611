import Foundation
import Resources
import Testing

@Suite struct WindowsTimeZoneTests {
    /// Seconds before or after UTC at the beginning of a month of 2026.
    private static func offset(of zone: TimeZone, month: Int) throws -> Int {
        let parts = DateComponents(timeZone: .gmt, year: 2026, month: month, day: 1)
        return zone.secondsFromGMT(for: try #require(Calendar(identifier: .gregorian).date(from: parts)))
    }

    @Test(arguments: [
        ("Dateline Standard Time", -12, -12), ("UTC-11", -11, -11), ("Hawaiian Standard Time", -10, -10),
        ("UTC-09", -9, -9), ("UTC-08", -8, -8), ("Pacific Standard Time", -8, -7),
        ("US Mountain Standard Time", -7, -7), ("Mountain Standard Time", -7, -6),
        ("Central Standard Time (Mexico)", -6, -6), ("Canada Central Standard Time", -6, -6),
        ("Eastern Standard Time", -5, -4), ("Pacific SA Standard Time", -3, -4),
        ("Newfoundland Standard Time", -3.5, -2.5), ("E. South America Standard Time", -3, -3), ("UTC-02", -2, -2),
        ("Mid-Atlantic Standard Time", -2, -2), ("UTC", 0, 0), ("GMT Standard Time", 0, 1),
        ("Greenwich Standard Time", 0, 0), ("W. Europe Standard Time", 1, 2), ("Romance Standard Time", 1, 2),
        ("FLE Standard Time", 2, 3), ("South Africa Standard Time", 2, 2), ("Turkey Standard Time", 3, 3),
        ("Iran Standard Time", 3.5, 3.5), ("India Standard Time", 5.5, 5.5), ("Nepal Standard Time", 5.75, 5.75),
        ("China Standard Time", 8, 8), ("Aus Central W. Standard Time", 8.75, 8.75), ("Tokyo Standard Time", 9, 9),
        ("Cen. Australia Standard Time", 10.5, 9.5), ("AUS Eastern Standard Time", 11, 10), ("UTC+12", 12, 12),
        ("Kamchatka Standard Time", 12, 12), ("New Zealand Standard Time", 13, 12),
        ("Chatham Islands Standard Time", 13.75, 12.75), ("UTC+13", 13, 13), ("Line Islands Standard Time", 14, 14),
        ("Europe/Berlin", 1, 2), ("Asia/Kolkata", 5.5, 5.5), ("America/Argentina/Buenos_Aires", -3, -3),
        ("Etc/UTC", 0, 0), ("Etc/GMT+5", -5, -5),
    ])
    func `a zone is that many hours from UTC in January and July`(name: String, january: Double, july: Double) throws {
        let zone = try #require(WindowsTimeZone.find(name))
        #expect(try Self.offset(of: zone, month: 1) == Int(january * 3_600))
        #expect(try Self.offset(of: zone, month: 7) == Int(july * 3_600))
    }

    @Test func `every name of the specification is known`() {
        let names = Self.specified.components(separatedBy: ", ")
        #expect(names.count == 107)
        #expect(names.filter { WindowsTimeZone.find($0) == nil } == [])
    }

    @Test(arguments: [
        ("w. europe standard time", "W. Europe Standard Time"), ("TOKYO STANDARD TIME", "Tokyo Standard Time"),
        ("utc", "UTC"), ("europe/berlin", "Europe/Berlin"),
    ])
    func `the case of letters says nothing`(name: String, same: String) {
        #expect(WindowsTimeZone.find(name) != nil)
        #expect(WindowsTimeZone.find(name) == WindowsTimeZone.find(same))
    }

    @Test(arguments: [
        "", " ", "Mars Standard Time", "Mars/Olympus", "W. Europe", "W. Europe Daylight Time", "W.Europe Standard Time",
        "PST", "GMT+5", "UTC+5", "UTC+99", "+01:00", "/", "Europe/", "../../etc/passwd",
    ])
    func `other names are not known`(name: String) {
        #expect(WindowsTimeZone.find(name) == nil)
    }

    /// The examples in the description of `timeZone` of autoscale.json, 2022-10-01.
    private static let specified = """
        Dateline Standard Time, UTC-11, Hawaiian Standard Time, Alaskan Standard Time, Pacific Standard Time (Mexico), \
        Pacific Standard Time, US Mountain Standard Time, Mountain Standard Time (Mexico), Mountain Standard Time, \
        Central America Standard Time, Central Standard Time, Central Standard Time (Mexico), \
        Canada Central Standard Time, SA Pacific Standard Time, Eastern Standard Time, US Eastern Standard Time, \
        Venezuela Standard Time, Paraguay Standard Time, Atlantic Standard Time, Central Brazilian Standard Time, \
        SA Western Standard Time, Pacific SA Standard Time, Newfoundland Standard Time, \
        E. South America Standard Time, Argentina Standard Time, SA Eastern Standard Time, Greenland Standard Time, \
        Montevideo Standard Time, Bahia Standard Time, UTC-02, Mid-Atlantic Standard Time, Azores Standard Time, \
        Cape Verde Standard Time, Morocco Standard Time, UTC, GMT Standard Time, Greenwich Standard Time, \
        W. Europe Standard Time, Central Europe Standard Time, Romance Standard Time, Central European Standard Time, \
        W. Central Africa Standard Time, Namibia Standard Time, Jordan Standard Time, GTB Standard Time, \
        Middle East Standard Time, Egypt Standard Time, Syria Standard Time, E. Europe Standard Time, \
        South Africa Standard Time, FLE Standard Time, Turkey Standard Time, Israel Standard Time, \
        Kaliningrad Standard Time, Libya Standard Time, Arabic Standard Time, Arab Standard Time, \
        Belarus Standard Time, Russian Standard Time, E. Africa Standard Time, Iran Standard Time, \
        Arabian Standard Time, Azerbaijan Standard Time, Russia Time Zone 3, Mauritius Standard Time, \
        Georgian Standard Time, Caucasus Standard Time, Afghanistan Standard Time, West Asia Standard Time, \
        Ekaterinburg Standard Time, Pakistan Standard Time, India Standard Time, Sri Lanka Standard Time, \
        Nepal Standard Time, Central Asia Standard Time, Bangladesh Standard Time, N. Central Asia Standard Time, \
        Myanmar Standard Time, SE Asia Standard Time, North Asia Standard Time, China Standard Time, \
        North Asia East Standard Time, Singapore Standard Time, W. Australia Standard Time, Taipei Standard Time, \
        Ulaanbaatar Standard Time, Tokyo Standard Time, Korea Standard Time, Yakutsk Standard Time, \
        Cen. Australia Standard Time, AUS Central Standard Time, E. Australia Standard Time, \
        AUS Eastern Standard Time, West Pacific Standard Time, Tasmania Standard Time, Magadan Standard Time, \
        Vladivostok Standard Time, Russia Time Zone 10, Central Pacific Standard Time, Russia Time Zone 11, \
        New Zealand Standard Time, UTC+12, Fiji Standard Time, Kamchatka Standard Time, Tonga Standard Time, \
        Samoa Standard Time, Line Islands Standard Time
        """
}
