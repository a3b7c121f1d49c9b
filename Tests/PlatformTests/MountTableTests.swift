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
        #expect(MountTable.holds(major: 0, minor: 35, in: table) && MountTable.holds(major: 8, minor: 1, in: table))
        #expect(!MountTable.holds(major: 0, minor: 3, in: table))
    }
}
