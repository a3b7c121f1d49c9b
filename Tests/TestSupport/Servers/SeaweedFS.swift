import Glibc
public import Signing

/// SeaweedFS, in one process.
public enum SeaweedFS {
    private static let program = PythonTools.path("weed")
    public static let isHere = access(program, X_OK) == 0
    public static let absence = "SeaweedFS is not in .tools/python: run script/setup"

    /// Who may read every object and list nothing, or the other way round.
    public static func user(only right: BucketRight) -> AWSCredentials { right == .read ? reader : lister }
    /// Who may read and list everything, and no more.
    public static let visitor = AWSCredentials(accessKeyID: "AKIDVISITOR", secretAccessKey: "SECRETVISITOR")
    private static let reader = AWSCredentials(accessKeyID: "AKIDREADER", secretAccessKey: "SECRETREADER")
    private static let lister = AWSCredentials(accessKeyID: "AKIDLISTER", secretAccessKey: "SECRETLISTER")

    public static let shared = SharedServer {
        let folder = try TemporaryFolder()
        let ports = try FreePorts.take(8)
        try Files.makeFolder(folder.path("data"))
        try folder.write(identities, to: "s3.json")
        let process = try ServerProcess(script(ports, folder.path), in: folder)
        let server = TestBucketServer(process, port: ports[0])
        try await server.waitUntilReady(seconds: 60)
        return server
    }

    private static let identities = """
        {"identities": [
            {"name": "tester", "actions": ["Admin", "Read", "Write", "List", "Tagging"],
             "credentials": [\(TestBucketServer.owner.json), \(TestBucketServer.second.json)]},
            {"name": "visitor", "actions": ["Read", "List"], "credentials": [\(visitor.json)]},
            {"name": "reader", "actions": ["Read"], "credentials": [\(reader.json)]},
            {"name": "lister", "actions": ["List"], "credentials": [\(lister.json)]},
            {"name": "stranger", "actions": ["Read:nothing"], "credentials": [\(TestBucketServer.stranger.json)]}]}
        """

    /// Each bucket takes seven volumes. Telemetry and the making of buckets that are only written to are on unless told otherwise.
    private static func script(_ ports: [Int], _ folder: String) -> String {
        """
        exec \(program) -logtostderr server -ip=127.0.0.1 -ip.bind=127.0.0.1 -dir='\(folder)/data' \\
            -master.telemetry=false -master.port=\(ports[1]) -master.port.grpc=\(ports[2]) \\
            -master.volumeSizeLimitMB=64 -volume.port=\(ports[3]) -volume.port.grpc=\(ports[4]) -volume.max=5000 \\
            -volume.preStopSeconds=0 -filer -filer.port=\(ports[5]) -filer.port.grpc=\(ports[6]) \\
            -filer.localSocket='\(folder)/filer.sock' \\
            -s3 -s3.port=\(ports[0]) -s3.port.grpc=\(ports[7]) -s3.config='\(folder)/s3.json' \\
            -s3.domainName=s3.localhost -s3.autoCreateBucket=false -s3.port.iceberg=0 -s3.port.lance=0 \\
            -s3.localSocket='\(folder)/s3.sock'

        """
    }
}

extension AWSCredentials {
    fileprivate var json: String { #"{"accessKey": "\#(accessKeyID)", "secretKey": "\#(secretAccessKey)"}"# }
}
