import Foundation
import Resources
import Testing

@testable import Templates

@Suite struct TimeFunctionTests {
    static let rows: [FunctionRow] =
        adding + formats + [
            ("[dateTimeToEpoch('2023-05-02T15:16:13Z')]", "1683040573"),
            ("[dateTimeToEpoch('1970-01-01T00:00:00Z')]", "0"),
            ("[dateTimeToEpoch('1969-12-31T23:59:59Z')]", "-1"),
            ("[dateTimeToEpoch('2023-05-02T17:16:13+02:00')]", "1683040573"),
            ("[dateTimeToEpoch('20230502T151613Z')]", "1683040573"),
            ("[dateTimeToEpoch('2023-05-02')]", "1682985600"),
            ("[dateTimeToEpoch('2023-02-29')]", "!needs a time"),
            ("[dateTimeToEpoch('2023-13-01')]", "!needs a time"),
            ("[dateTimeToEpoch('2023-05-02T24:00:00Z')]", "!needs a time"),
            ("[dateTimeToEpoch('')]", "!needs a time"),
            ("[dateTimeToEpoch(0)]", "!argument 1 to be a string"),
            ("[dateTimeFromEpoch(1683040573)]", #""2023-05-02T15:16:13Z""#),
            ("[dateTimeFromEpoch(0)]", #""1970-01-01T00:00:00Z""#),
            ("[dateTimeFromEpoch(-1)]", #""1969-12-31T23:59:59Z""#),
            ("[dateTimeFromEpoch(951782400)]", #""2000-02-29T00:00:00Z""#),
            ("[dateTimeFromEpoch(253402300799)]", #""9999-12-31T23:59:59Z""#),
            ("[dateTimeFromEpoch(-62135596800)]", #""0001-01-01T00:00:00Z""#),
            ("[dateTimeFromEpoch(253402300800)]", "!no time of the years"),
            ("[dateTimeFromEpoch(9223372036854775807)]", "!no time of the years"),
            ("[dateTimeFromEpoch('0')]", "!argument 1 to be an integer"),
            ("[utcNow()]", "!only in the default value"),
            ("[utcNow('d')]", "!only in the default value"),
        ]

    private static let adding: [FunctionRow] = [
        ("[dateTimeAdd('2020-04-07 14:53:14Z', 'P3Y')]", #""4/7/2023 2:53:14 PM""#),
        ("[dateTimeAdd('2020-04-07 14:53:14Z', '-P9D')]", #""3/29/2020 2:53:14 PM""#),
        ("[dateTimeAdd('2020-04-07 14:53:14Z', 'PT1H')]", #""4/7/2020 3:53:14 PM""#),
        ("[dateTimeAdd('2020-04-07T00:00:00Z', 'PT0S')]", #""4/7/2020 12:00:00 AM""#),
        ("[dateTimeAdd('2023-01-31', 'P1M', 'yyyy-MM-dd')]", #""2023-02-28""#),
        ("[dateTimeAdd('2024-01-31', 'P1M', 'yyyy-MM-dd')]", #""2024-02-29""#),
        ("[dateTimeAdd('2024-02-29', 'P1Y', 'yyyy-MM-dd')]", #""2025-02-28""#),
        ("[dateTimeAdd('2024-02-29', 'P4Y', 'yyyy-MM-dd')]", #""2028-02-29""#),
        ("[dateTimeAdd('2024-03-31', '-P1M', 'yyyy-MM-dd')]", #""2024-02-29""#),
        ("[dateTimeAdd('2023-12-31T23:59:59Z', 'PT1S', 'o')]", #""2024-01-01T00:00:00.0000000Z""#),
        ("[dateTimeAdd('2000-02-28', 'P1D', 'yyyy-MM-dd')]", #""2000-02-29""#),
        ("[dateTimeAdd('1900-02-28', 'P1D', 'yyyy-MM-dd')]", #""1900-03-01""#),
        ("[dateTimeAdd('2023-01-01', 'P1W', 'yyyy-MM-dd')]", #""2023-01-08""#),
        ("[dateTimeAdd('2023-01-01', 'P1Y2M3DT4H5M6S', 's')]", #""2024-03-04T04:05:06""#),
        ("[dateTimeAdd('2023-01-01', 'PT1.5S', 'ss.fff')]", #""01.500""#),
        ("[dateTimeAdd('2023-06-30T22:00:00-03:00', 'PT0S', 'u')]", #""2023-07-01 01:00:00Z""#),
        ("[dateTimeAdd('9999-12-31', 'P1D')]", "!leave the years"),
        ("[dateTimeAdd('0001-01-01', '-P1D')]", "!leave the years"),
        ("[dateTimeAdd('2023-01-01', 'P999999999Y')]", "!leave the years"),
        ("[dateTimeAdd('2023-01-01', 'P999999999W')]", "!ISO 8601 duration"),
        ("[dateTimeAdd('2023-01-01', '-P999999999D')]", "!ISO 8601 duration"),
        ("[dateTimeAdd('2023-01-01', 'PT999999999H')]", "!ISO 8601 duration"),
        ("[dateTimeAdd('2023-01-01', 'P1')]", "!ISO 8601 duration"),
        ("[dateTimeAdd('2023-01-01', 'P')]", "!ISO 8601 duration"),
        ("[dateTimeAdd('2023-01-01', '1D')]", "!ISO 8601 duration"),
        ("[dateTimeAdd('2023-01-01', 'P1H')]", "!ISO 8601 duration"),
        ("[dateTimeAdd('2023-01-01', '')]", "!ISO 8601 duration"),
        ("[dateTimeAdd('yesterday', 'P1D')]", "!needs a time"),
        ("[dateTimeAdd('2023-01-01', 'P1.5Y')]", "!ISO 8601 duration"),
    ]

    private static func format(_ format: String, _ expected: String) -> FunctionRow {
        ("[dateTimeAdd('2009-06-15T13:45:30.6170000Z', 'PT0S', '\(format)')]", "\"\(expected)\"")
    }

    private static let formats: [FunctionRow] = [
        format("d", "06/15/2009"), format("D", "Monday, 15 June 2009"), format("f", "Monday, 15 June 2009 13:45"),
        format("F", "Monday, 15 June 2009 13:45:30"), format("g", "06/15/2009 13:45"),
        format("G", "06/15/2009 13:45:30"),
        format("m", "June 15"), format("o", "2009-06-15T13:45:30.6170000Z"),
        format("R", "Mon, 15 Jun 2009 13:45:30 GMT"),
        format("s", "2009-06-15T13:45:30"), format("t", "13:45"), format("T", "13:45:30"),
        format("u", "2009-06-15 13:45:30Z"),
        format("y", "2009 June"), format("M d", "6 15"), format("yy-M-d H:m:s", "09-6-15 13:45:30"),
        format("ddd MMM", "Mon Jun"),
        format("dddd MMMM", "Monday June"), format("hh tt", "01 PM"), format("h t", "1 P"),
        format("fff ff f", "617 61 6"),
        format("s.FFFF", "30.617"), format("%K", "Z"), format("zzz", "+00:00"),
        format("yyyyMMddTHHmmssZ", "20090615T134530Z"),
        format("''year: ''yyyy", "year: 2009"), format("%h", "1"), format("%d", "15"), format("yyyyy", "02009"),
        ("[dateTimeAdd('2009-06-15', 'P1D', 'q')]", "!time format"),
        ("[dateTimeAdd('2009-06-15', 'P1D', '''''')]", #""""#),
        ("[dateTimeAdd('2009-06-15', 'P1D', '''x')]", "!time format"),
    ]

    @Test(arguments: [
        ("[utcNow()]", "20231114T221320Z"), ("[utcNow('d')]", "11/14/2023"), ("[utcNow('M d')]", "11 14"),
        ("[utcNow('u')]", "2023-11-14 22:13:20Z"), ("[newGuid()]", "33333333-0000-4000-8000-000000000000"),
        ("[concat('a-', toLower(newGuid()))]", "a-33333333-0000-4000-8000-000000000000"),
        ("[dateTimeAdd(utcNow('u'), 'P1Y', 'yyyy')]", "2024"),
    ])
    func `only defaults of parameters know the time and make GUIDs`(expression: String, expected: String) throws {
        let template = TemplateFixture.template(
            #""parameters": {"p": {"type": "string", "defaultValue": "\#(expression)"}}, "resources": []"#)
        #expect(try TemplateFixture.program(template).parameters.first?.value == .string(expected))
    }
}
