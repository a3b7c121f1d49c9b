// swift-tools-version: 6.2
import PackageDescription

// The house. Read the targets from top to bottom: each uses only what stands above it.

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func library(_ name: String, uses dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, of dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let package = Package(
    name: "provision",
    products: [.executable(name: "provision", targets: ["provision"])],
    targets: [
        // System libraries: a module map and the few inlines that Swift needs.
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1"),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl"),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl"),
        .systemLibrary(name: "CExpat", pkgConfig: "expat"),
        .systemLibrary(name: "CFuse", pkgConfig: "fuse3"),

        // Leaves.
        .target(name: "CShims"),
        library("Platform", uses: ["CShims"]),
        library("JSON"),
        library("Checksums", uses: ["CShims", "COpenSSL"]),
        library("Signing", uses: ["JSON", "Checksums", "Platform", "COpenSSL"]),

        // Requests over libcurl, retried.
        library("HTTP", uses: ["CCurl", "COpenSSL", "CShims", "Checksums", "Platform"]),

        // Buckets, containers and folders behind one protocol.
        library("ObjectStore", uses: ["CExpat", "HTTP", "Signing", "JSON", "Checksums", "Platform"]),

        // Files that are being written, and what became of them.
        library("Staging", uses: ["JSON", "Platform", "CShims"]),

        // What was read, kept on a disk of this machine.
        library("Cache", uses: ["JSON", "Checksums", "Platform"]),

        // A mount: what it shows, and how the kernel comes to it.
        library("MountFS", uses: ["Staging", "Cache", "ObjectStore", "Checksums", "JSON", "Platform"]),
        library("MountSession", uses: ["MountFS", "ObjectStore", "CFuse", "CShims", "Platform"]),

        // task.yaml → TaskFile → Plan → what is done with it.
        library("TaskFile", uses: ["CYAML", "JSON", "Platform"]),
        library(
            "Plan",
            uses: ["ObjectStore", "Cache", "HTTP", "Signing", "Checksums", "TaskFile", "JSON", "Platform", "CShims"]),
        library("Transfer", uses: ["Plan", "ObjectStore", "HTTP", "Checksums", "TaskFile", "Platform", "CShims"]),
        library(
            "Executor",
            uses: [
                "Transfer", "Plan", "MountSession", "MountFS", "Staging", "Cache", "ObjectStore", "HTTP", "Checksums",
                "TaskFile", "JSON", "Platform", "CShims",
            ]),
        .executableTarget(
            name: "provision",
            dependencies: [
                "Executor", "Transfer", "Plan", "Cache", "ObjectStore", "HTTP", "TaskFile", "JSON", "Platform",
            ],
            swiftSettings: strict),

        // Runs built programs and servers, for tests from outside.
        .target(
            name: "TestSupport",
            dependencies: ["ObjectStore", "HTTP", "Signing", "Checksums", "Platform", "CShims", "COpenSSL"],
            path: "Tests/TestSupport",
            exclude: [
                "Servers/openstack-swift.py", "Servers/azure-blob.py", "Servers/azure_blob",
                "Servers/azure-identity.py", "Servers/google-storage.py", "Servers/google_storage",
                "Servers/google-services.py",
            ],
            swiftSettings: strict),

        // A mount to be tested from outside.
        .executableTarget(
            name: "memory-mount", dependencies: ["MountSession", "MountFS", "Platform"], path: "Tests/MemoryMount",
            swiftSettings: strict),

        // Fills a cache until it is killed.
        .executableTarget(
            name: "cache-writer", dependencies: ["Cache", "Platform", "TestSupport"], path: "Tests/CacheWriter",
            swiftSettings: strict),

        // Measures reading without the kernel.
        .executableTarget(
            name: "reading-benchmark", dependencies: ["MountFS", "ObjectStore", "HTTP", "Signing", "Platform"],
            path: "Benchmarks/Reading", swiftSettings: strict),

        tests("PlatformTests", of: ["Platform", "TestSupport"]),
        tests("HTTPTests", of: ["HTTP", "Checksums", "Platform", "TestSupport"]),
        tests("JSONTests", of: ["JSON"]),
        tests("ChecksumsTests", of: ["Checksums", "CShims"]),
        tests("CacheTests", of: ["cache-writer", "Cache", "Checksums", "Platform", "CShims", "TestSupport"]),
        tests(
            "SigningTests", of: ["Signing", "JSON", "Checksums", "TestSupport"],
            exclude: ["judge.py", "Tokens/judge.py"]),
        tests(
            "ObjectStoreTests",
            of: ["ObjectStore", "HTTP", "Signing", "JSON", "Checksums", "Platform", "TestSupport"],
            exclude: [
                "Azure/client.py", "Credentials/Azure/client.py", "Credentials/Google/client.py",
                "Credentials/judge.py",
                "Credentials/endpoints.py",
                "GCS/client.py",
            ]),
        tests("StagingTests", of: ["Staging", "JSON", "Platform", "TestSupport"]),
        tests(
            "MountSessionTests",
            of: ["memory-mount", "MountSession", "MountFS", "CShims", "Platform", "TestSupport"]),
        tests(
            "MountFSTests",
            of: [
                "MountFS", "Staging", "Cache", "JSON", "ObjectStore", "HTTP", "Signing", "Checksums", "Platform",
                "CShims",
                "TestSupport",
            ]),
        tests("TaskFileTests", of: ["TaskFile", "JSON", "Platform"]),
        tests("PlanTests", of: ["Plan", "ObjectStore", "HTTP", "TaskFile", "JSON", "Platform"]),
        tests(
            "TransferTests",
            of: ["Transfer", "Plan", "TaskFile", "ObjectStore", "HTTP", "Checksums", "Platform", "TestSupport"]),
        tests("ProvisionTests", of: ["provision", "Executor", "Transfer", "Plan", "TaskFile", "Platform"]),
        tests(
            "EndToEnd", of: ["provision", "Checksums", "JSON", "Signing", "TestSupport"],
            exclude: [
                "Entrypoint/terminal.py", "Support/judge.py", "Support/upload.py", "Mount/Writing/ledger.py",
                "Mount/readers.py",
                "Mount/Writing/sequences.py", "Mount/Writing/writers.py", "Notices/metrics.py",
            ]),
    ]
)
