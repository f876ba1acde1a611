import Foundation
import Testing

@testable import DataPlane

@Suite struct ConnectionLimitTests {
    @Test(arguments: [(1_024, 704), (20_000, 14_936), (65_536, 49_088), (64, 16)])
    func `connections leave files for replicas`(files: Int, connections: Int) {
        #expect(ConnectionLimit.connections(of: files) == connections)
    }
}
