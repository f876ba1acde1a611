enum NetworkFunctionRows {
    static let rows: [FunctionRow] = [
        (
            "[parseCidr('10.144.0.0/20')]",
            #"""
            {"network": "10.144.0.0", "netmask": "255.255.240.0", "broadcast": "10.144.15.255",
            "firstUsable": "10.144.0.1", "lastUsable": "10.144.15.254", "cidr": 20}
            """#
        ),
        ("[parseCidr('10.144.7.9/20').network]", #""10.144.0.0""#),
        ("[parseCidr('0.0.0.0/0').broadcast]", #""255.255.255.255""#),
        ("[parseCidr('0.0.0.0/0').netmask]", #""0.0.0.0""#), ("[parseCidr('1.2.3.4/32').firstUsable]", #""1.2.3.4""#),
        ("[parseCidr('1.2.3.4/31').lastUsable]", #""1.2.3.5""#),
        (
            "[parseCidr('fdad:3236:5555::/48')]",
            #"""
            {"network": "fdad:3236:5555::", "netmask": "ffff:ffff:ffff::", "firstUsable": "fdad:3236:5555::",
            "lastUsable": "fdad:3236:5555:ffff:ffff:ffff:ffff:ffff", "cidr": 48}
            """#
        ),
        ("[parseCidr('::/0').lastUsable]", #""ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff""#),
        ("[parseCidr('::1/128').network]", #""::1""#),
        ("[parseCidr('10.0.0.0')]", "!needs a network"), ("[parseCidr('10.0.0.0/33')]", "!needs a network"),
        ("[parseCidr('10.0.0/8')]", "!needs a network"), ("[parseCidr('256.0.0.0/8')]", "!needs a network"),
        ("[parseCidr('::/129')]", "!needs a network"), ("[parseCidr('10.0.0.0/-1')]", "!needs a network"),
        ("[parseCidr('')]", "!needs a network"), ("[parseCidr('10.0.0.0/99999999999999999999')]", "!needs a network"),
        ("[parseCidr(1)]", "!argument 1 to be a string"),
        ("[cidrSubnet('10.144.0.0/20', 24, 0)]", #""10.144.0.0/24""#),
        ("[cidrSubnet('10.144.0.0/20', 24, 15)]", #""10.144.15.0/24""#),
        ("[cidrSubnet('10.144.0.0/20', 24, 16)]", "!has no subnet 16"),
        ("[cidrSubnet('10.144.0.0/20', 24, -1)]", "!has no subnet -1"),
        ("[cidrSubnet('10.144.0.0/20', 20, 0)]", #""10.144.0.0/20""#),
        ("[cidrSubnet('10.144.0.0/20', 19, 0)]", "!takes a prefix from 20 to 32"),
        ("[cidrSubnet('10.144.0.0/20', 33, 0)]", "!takes a prefix"),
        ("[cidrSubnet('0.0.0.0/0', 32, 4294967295)]", #""255.255.255.255/32""#),
        ("[cidrSubnet('fdad:3236:5555::/48', 52, 1)]", #""fdad:3236:5555:1000::/52""#),
        ("[cidrSubnet('fdad:3236:5555::/48', 52, 4)]", #""fdad:3236:5555:4000::/52""#),
        ("[cidrSubnet('::/0', 128, 9223372036854775807)]", #""::7fff:ffff:ffff:ffff/128""#),
        ("[cidrSubnet('::/0', 0, 0)]", #""::/0""#),
        ("[cidrHost('10.144.3.0/24', 0)]", #""10.144.3.1""#), ("[cidrHost('10.144.3.0/24', 4)]", #""10.144.3.5""#),
        ("[cidrHost('10.144.3.0/24', 253)]", #""10.144.3.254""#),
        // The broadcast address is no host's.
        ("[cidrHost('10.144.3.0/24', 254)]", "!has no host 254"),
        ("[cidrHost('10.144.3.0/24', -1)]", "!has no host -1"),
        ("[cidrHost('fdad:3236:5555:3000::/52', 0)]", #""fdad:3236:5555:3000::1""#),
        ("[cidrHost('fdad:3236:5555:3000::/52', 4)]", #""fdad:3236:5555:3000::5""#),
        ("[cidrHost('::/0', 9223372036854775807)]", #""::8000:0:0:0""#),
        ("[cidrHost('10.0.0.0', 0)]", "!needs a network"),
    ]
}
