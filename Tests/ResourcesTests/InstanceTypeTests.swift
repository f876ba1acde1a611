import Resources
import Testing

@Suite struct InstanceTypeTests {
    @Test(arguments: [
        ("Standard_DS3_v2", 4, 14.0, 0), ("standard_f4s_V2", 4, 8.0, 0), ("Standard_E16s_v3", 16, 128.0, 0),
        ("Standard_NC6s_v3", 6, 112.0, 1), ("Standard_NC24s_v3", 24, 448.0, 4), ("Standard_NC4as_T4_v3", 4, 28.0, 1),
        ("Standard_NC24ads_A100_v4", 24, 220.0, 1), ("Standard_ND96asr_v4", 96, 900.0, 8),
    ])
    func `Azure's sizes are known in any case of letters`(name: String, cores: Int, memory: Double, gpus: Int) throws {
        let type = try InstanceTypeCatalog().find(name)
        #expect(type.cores == cores && abs(type.memoryGiB - memory) < 0.001 && type.gpus == gpus)
    }

    @Test func `an unknown name is refused with some of the known ones`() {
        let error = #expect(throws: ARMError.self) { try InstanceTypeCatalog().find("Standard_Nonsense_v9") }
        #expect(error?.code == .badArgument)
        #expect(error?.message.contains("'Standard_Nonsense_v9' is not an instance type here") == true)
        #expect(error?.message.contains("Standard_DS3_v2") == true)
    }

    @Test(arguments: [
        ("small=1/2", InstanceType(name: "small", cores: 1, memoryGiB: 2)),
        ("big=16/128.5/2", InstanceType(name: "big", cores: 16, memoryGiB: 128.5, gpus: 2)),
        ("small", nil), ("=1/2", nil), ("small=1", nil), ("small=0/2", nil), ("small=1.5/2", nil), ("small=1/-2", nil),
        ("small=1/2/-1", nil), ("small=1/2/3/4", nil), ("small=a/b", nil), ("small=1/nan", nil),
    ])
    func `an own type is read from the setting's form`(text: String, expected: InstanceType?) {
        #expect(InstanceTypeCatalog.parse(text) == expected)
    }

    @Test func `an own type wins over Azure's of the same name`() throws {
        let own = InstanceType(name: "standard_ds3_v2", cores: 1, memoryGiB: 1)
        #expect(try InstanceTypeCatalog(own: [own]).find("Standard_DS3_v2") == own)
    }
}
