import Testing

@testable import Platform

struct MountTableTests {
    @Test func typesInTheTableOfMounts() {
        let table = """
            23 28 0:21 / /sys rw,nosuid - sysfs sysfs rw
            40 28 0:35 / /data rw,nosuid shared:1 master:2 - fuse.provision s3://bucket rw,user_id=0
            41 28 8:1 / /with\\040space rw - ext4 /dev/sda1 rw
            """
        #expect(MountTable.type(ofMount: 40, in: table) == "fuse.provision")
        #expect(MountTable.type(ofMount: 41, in: table) == "ext4")
        #expect(MountTable.type(ofMount: 4, in: table) == nil)
        func holds(_ major: UInt32, _ minor: UInt32, _ path: RawPath?) -> Bool {
            MountTable.holds(major: major, minor: minor, at: path, in: table)
        }
        #expect(holds(0, 35, "/data") && holds(8, 1, "/with space"))
        #expect(holds(0, 35, nil) && holds(8, 1, nil) && !holds(0, 3, nil))
        // Another mount may have got its number.
        #expect(!holds(0, 3, "/data") && !holds(0, 35, "/dat") && !holds(8, 1, "/data"))
    }
}
