import HTTP
import Signing

/// Ceph's RADOS gateway, with one monitor and one OSD in memory behind it, and no manager.
public enum CephGateway {
    public static let isHere = ["ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "monmaptool", "ceph"].allSatisfy {
        Program.isInstalled($0)
    }
    public static let absence = "Ceph's gateway is not installed: run script/setup"

    public static let shared = SharedServer {
        let folder = try TemporaryFolder()
        let port = try FreePorts.takeRow(26)
        for name in ["mon", "osd", "osd/0", "run"] { try Files.makeFolder(folder.path(name)) }
        try folder.write(configuration(port, folder.path), to: "ceph.conf")
        let process = try ServerProcess(script(port, folder.path), in: folder)
        let server = TestBucketServer(process, port: port)
        try await server.waitUntilReady(seconds: 120)
        return server
    }

    /// Gives the stranger one right to a bucket, and no other.
    public static func letStranger(_ right: BucketRight, in bucket: String) async throws {
        let resource = "arn:aws:s3:::\(bucket)\(right == .read ? "/*" : "")"
        let policy = """
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "\(right.rawValue)",
             "Principal": {"AWS": ["arn:aws:iam:::user/stranger"]}, "Resource": "\(resource)"}]}
            """
        _ = try await shared.server.ask(.put, "/\(bucket)", query: "policy", body: Array(policy.utf8))
    }

    /// Without authentication the gateway hangs unless it may speak to the monitor unencrypted. An OSD needs more than
    /// seven ports.
    private static func configuration(_ port: Int, _ folder: String) -> String {
        """
        [global]
        fsid = 6dbf6e46-9c0f-4b46-8a0d-3f4a6b1d2c3e
        mon host = [v2:127.0.0.1:\(port + 1),v1:127.0.0.1:\(port + 2)]
        public addr = 127.0.0.1
        cluster addr = 127.0.0.1
        ms bind port min = \(port + 3)
        ms bind port max = \(port + 25)
        ms bind msgr1 = true
        auth cluster required = none
        auth service required = none
        auth client required = none
        ms mon client mode = crc secure
        run dir = \(folder)/run
        admin socket = \(folder)/run/$name.$pid.asok
        log file = \(folder)/run/$name.log
        pid file = \(folder)/run/$name.pid
        crash dir = \(folder)/run
        osd pool default size = 1
        osd pool default min size = 1
        osd pool default pg num = 8
        osd pool default pgp num = 8
        osd pool default pg autoscale mode = off
        osd crush chooseleaf type = 0
        mon allow pool size one = true
        mon max pg per osd = 1000
        mon data = \(folder)/mon/a
        mon data avail warn = 1
        mon data avail crit = 1
        mon osd initial require min compat client = luminous
        osd data = \(folder)/osd/$id
        osd objectstore = memstore
        memstore device bytes = 4294967296
        memstore page set = true
        osd class load list = *
        osd class default list = *
        [client.rgw]
        rgw frontends = beast endpoint=127.0.0.1:\(port)
        rgw dns name = s3.localhost
        rgw enable usage log = false
        rgw run sync thread = false
        rgw thread pool size = 64
        rgw gc processor max time = 600

        """
    }

    /// All in the foreground of one process group.
    private static func script(_ port: Int, _ folder: String) -> String {
        """
        set -eu
        cd '\(folder)'
        export CEPH_CONF='\(folder)/ceph.conf'
        osd=$(cat /proc/sys/kernel/random/uuid)
        monmaptool --create --fsid 6dbf6e46-9c0f-4b46-8a0d-3f4a6b1d2c3e \\
            --addv a '[v2:127.0.0.1:\(port + 1),v1:127.0.0.1:\(port + 2)]' monmap
        ceph-mon -i a --mkfs --monmap monmap
        ceph-mon -f -i a &
        ceph --connect-timeout 60 osd new $osd
        ceph-osd -i 0 --mkfs --osd-uuid $osd
        ceph-osd -f -i 0 &
        radosgw-admin -n client.rgw user create --uid tester --display-name tester \\
            --access-key \(TestBucketServer.accessKeyID) --secret-key \(TestBucketServer.secretAccessKey)
        radosgw-admin -n client.rgw user create --uid stranger --display-name stranger \\
            --access-key \(TestBucketServer.stranger.accessKeyID) \\
            --secret-key \(TestBucketServer.stranger.secretAccessKey)
        radosgw -f -n client.rgw &
        wait

        """
    }
}
