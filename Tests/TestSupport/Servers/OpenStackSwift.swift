import Glibc
import Signing

/// OpenStack Swift with its S3 interface. Of the servers of these tests it is the one that insists on its region.
public enum OpenStackSwift {
    /// Debian's Python, since its packages are Swift's.
    private static let python = "/usr/bin/python3"
    private static let script = #filePath.replacing("OpenStackSwift.swift", with: "openstack-swift.py")
    public static let isHere =
        access("/usr/lib/python3/dist-packages/swift/common/middleware/s3api/s3api.py", R_OK) == 0
    public static let absence = "OpenStack Swift is not installed: run script/setup"

    public static let region = "eu-tests-1"
    /// An account and a user in it.
    private static let user = AWSCredentials(accessKeyID: "test:tester", secretAccessKey: "SECRETTEST")

    public static let shared = SharedServer {
        let folder = try TemporaryFolder()
        let ports = try FreePorts.take(4)
        try folder.write(constants, to: "swift.conf")
        try folder.write(proxy(ports[0], folder.path), to: "proxy-server.conf")
        let numbers = ports.map(String.init).joined(separator: " ")
        let process = try ServerProcess(
            "exec \(python) -W ignore '\(script)' '\(folder.path)' \(numbers)\n", in: folder)
        let server = TestBucketServer(process, port: ports[0], region: region, user: user)
        try await server.waitUntilReady(seconds: 180)
        return server
    }

    private static let constants = """
        [swift-hash]
        swift_hash_path_suffix = tests
        [storage-policy:0]
        name = only
        default = yes

        """

    /// Filters that need no settings.
    private static let plain = ["catch_errors", "gatekeeper", "listing_formats", "copy", "slo", "dlo", "symlink"]

    /// The pipeline that Swift's own documentation has for S3, without what limits rates.
    private static func proxy(_ port: Int, _ folder: String) -> String {
        """
        [DEFAULT]
        bind_ip = 127.0.0.1
        bind_port = \(port)
        swift_dir = \(folder)
        log_level = ERROR
        [pipeline:main]
        pipeline = catch_errors gatekeeper memory listing_formats s3api tempauth copy slo dlo versioned_writes symlink proxy-server
        [app:proxy-server]
        use = egg:swift#proxy
        account_autocreate = true
        conn_timeout = 60
        node_timeout = 60
        allow_account_management = true
        [filter:memory]
        use = call:__main__:memory
        [filter:s3api]
        use = egg:swift#s3api
        location = \(region)
        storage_domain = s3.localhost
        dns_compliant_bucket_names = false
        [filter:tempauth]
        use = egg:swift#tempauth
        user_test_tester = \(user.secretAccessKey) .admin
        [filter:versioned_writes]
        use = egg:swift#versioned_writes
        allow_object_versioning = true
        \(plain.map { "[filter:\($0)]\nuse = egg:swift#\($0)\n" }.joined())
        """
    }
}
