import Foundation
import Signing
import TestSupport
import Testing

extension MountedBuckets {
    /// What a mount asks the store for, what it remembers of the answers, and what it takes of the machine.
    @Suite(.over(.seaweedFS, .ceph, .google, .fakeGCS, .azure)) struct MountCostTests {
        private let bucket: BucketSandbox
        private let proxy: FaultProxy
        private let sandbox: MountSandbox

        init() async throws {
            (bucket, proxy, sandbox) = try await MountSandbox.ofBucket()
        }

        private func mount(_ prefix: String = "", _ keys: String = "") throws {
            let entry = sandbox.entry("\(bucket.url)/\(prefix)", keys)
            try sandbox.expect(0, "file_mounts: {\(sandbox.destination): \(entry)}")
        }

        /// Requests that came while a line of shell was run, which prints this.
        private func requests(
            _ line: String, _ output: String, at location: Testing.SourceLocation = #_sourceLocation
        ) throws -> Int {
            let before = proxy.passages.count
            #expect(try sandbox.output(line, at: location) == output, sourceLocation: location)
            return proxy.passages.count - before
        }

        /// However much is in a bucket, as many requests have a mount ready.
        @Test func readyWithoutListing() async throws {
            let many = (0..<1100).map { ("many/\($0)", "x") }
            try await bucket.put(Dictionary(uniqueKeysWithValues: many + [("one/0", "x")]))
            let counts = try ["one/", "many/"].map { prefix in
                let before = proxy.passages.count
                try mount(prefix)
                defer { _ = try? sandbox.verb("down") }
                return proxy.passages.count - before
            }
            #expect(counts[1] == counts[0] && counts[0] <= 8, "\(counts)")
        }

        /// Names and their attributes, and that a name is absent, are asked for once within `metadata_ttl`.
        @Test func whatIsKnownIsNotAskedFor() async throws {
            try await bucket.put(["d/a": "hello\n"])
            try mount("", "metadata_ttl: 1h")
            let line = "cd $M/d && ls && stat -c %s a && test ! -e absent && echo none"
            #expect(try requests(line, "a\n6\nnone\n") > 0)
            #expect(try requests(line, "a\n6\nnone\n") == 0)
            // What others do is not seen meanwhile.
            try await bucket.put(["d/a": "longer\n", "d/absent": "here\n"])
            #expect(try requests(line, "a\n6\nnone\n") == 0)
        }

        /// With `metadata_ttl: 0` everything is asked for anew.
        @Test func nothingIsBelievedForLong() async throws {
            try await bucket.put(["d/a": "hello\n"])
            try mount("", "metadata_ttl: 0")
            #expect(try requests("stat -c %s $M/d/a; test ! -e $M/d/absent && echo none", "6\nnone\n") > 0)
            try await bucket.put(["d/a": "longer\n", "d/absent": "here\n"])
            #expect(try requests("stat -c %s $M/d/a; cat $M/d/absent", "7\nhere\n") > 0)
        }

        /// The kernel keeps the pages of a file as long as it is the same version.
        @Test func aFileIsReadOnce() async throws {
            let large = BucketSandbox.bytes(3 << 20)
            try await bucket.put(["large": large])
            try Files.write(large, to: Array(sandbox.path("large").utf8))
            try mount()
            #expect(try sandbox.output("cmp $M/large \(sandbox.path("large"))") == "")
            let bytes = proxy.bytesRead
            #expect(bytes >= large.count && bytes < large.count * 3 / 2)
            // Longer than anything is believed. A kernel may take pages of which it thinks that nobody wants them, here and there.
            usleep(1_200_000)
            #expect(try sandbox.output("cmp $M/large \(sandbox.path("large"))") == "")
            #expect(proxy.bytesRead - bytes < large.count / 2)
            let other = BucketSandbox.bytes(3 << 20, seed: 9)
            try await bucket.put(["large": other])
            try Files.write(other, to: Array(sandbox.path("large").utf8))
            usleep(1_200_000)
            #expect(try sandbox.output("cmp $M/large \(sandbox.path("large"))") == "")
        }

        /// Reading and listing are all that it takes to mount, and to read what is there.
        /// Some stores tell milliseconds in listings, and seconds of single objects: that is not to look as if the file had changed.
        @Test func aFileHasOneTime() async throws {
            let large = BucketSandbox.bytes(3 << 20)
            try await bucket.put(["d/large": large])
            try mount()
            let times = "stat -c '%.9Y %.9Z' $M/d/large"
            // By a listing, which the names come from.
            let first = try sandbox.output("ls -l $M/d > /dev/null; \(times)")
            #expect(try sandbox.output("cat $M/d/large | wc -c") == "\(large.count)\n")
            let bytes = proxy.bytesRead
            for way in ["ls -l $M/d > /dev/null", "true", "ls -l $M/d > /dev/null"] {
                try await Task.sleep(for: .milliseconds(1200))
                #expect(try sandbox.output("\(way); \(times)") == first)
                let tar = try sandbox.shell("tar cf - -C $M d | wc -c")
                #expect(tar.status == 0 && tar.errors == "", "\(tar)")
            }
            #expect(proxy.bytesRead - bytes < large.count / 2)
        }

        /// Of memory that is mapped and touched here and there comes what the kernel asks for, and nothing ahead of that.
        @Test(.only(.seaweedFS)) func mappedMemoryIsTouchedHereAndThere() async throws {
            let large = BucketSandbox.bytes(160 << 20)
            try await bucket.put(["large": large])
            try mount()
            let bytes = proxy.bytesRead
            let places = (0..<10).map { 5_000_001 + $0 * (16 << 20) }
            let python = """
                import mmap
                with open('$M/large', 'rb') as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as memory:
                    print(*[memory[place] for place in \(places)])
                """
            let right = places.map { String(large[$0]) }.joined(separator: " ")
            #expect(try sandbox.output("python3 -c \"\(python)\"") == right + "\n")
            // Nothing more comes after the last answer.
            try await Task.sleep(for: .milliseconds(500))
            #expect(proxy.bytesRead - bytes <= places.count * (4 << 20), "\((proxy.bytesRead - bytes) >> 20) MiB")
        }

        @Test(.only(.seaweedFS)) func rightsToReadAndListSuffice() async throws {
            try await bucket.put(["a": "hello\n", "d/b": "deep\n"])
            sandbox.environment["AWS_ACCESS_KEY_ID"] = SeaweedFS.visitor.accessKeyID
            sandbox.environment["AWS_SECRET_ACCESS_KEY"] = SeaweedFS.visitor.secretAccessKey
            try mount()
            let line = "cd $M && find . -type f | sort | xargs cat; echo no > new || echo refused; df . > /dev/null"
            #expect(try sandbox.output(line) == "hello\ndeep\nrefused\n")
            #expect(try sandbox.status().trouble == "")
            #expect(!proxy.passages.contains { $0.request.isWrite })
        }

        /// Several who read large files side by side, with little memory.
        @Test(.only(.seaweedFS)) func memoryIsBounded() async throws {
            let large = BucketSandbox.bytes(96 << 20)
            try await bucket.put(["0": large, "1": large, "2": large, "3": large])
            try Files.write(large, to: Array(sandbox.path("large").utf8))
            let entry = sandbox.entry(bucket.url)
            try sandbox.expect(0, "file_mounts: {\(sandbox.destination): \(entry)}", "--max-memory", "128MiB")
            let line = "for i in 0 1 2 3; do cmp $M/$i \(sandbox.path("large")) & done; wait"
            #expect(try sandbox.output(line) == "")
            let session = try #require(sandbox.sessions.first)
            let peak = try sandbox.output("grep VmHWM /proc/\(session)/status | tr -dc 0-9")
            #expect(try #require(Int(peak)) < 256 << 10)
        }

        @Test func whatAStoreSaysOfAnObject() async throws {
            try await bucket.put(["a": "hello\n"])
            try mount()
            let line =
                "\(Judge.python) -c 'import os, sys; print(os.getxattr(sys.argv[1], \"provision.\" + sys.argv[2]))'"
            #expect(try sandbox.output("\(line) $M/a key") == "b'a'\n")
            let etag = try sandbox.output("\(line) $M/a etag")
            #expect(etag.count > 5, "\(etag)")
            if [.seaweedFS, .ceph].contains(TestCloud.current) {
                #expect(try sandbox.output("\(line) $M/a storage-class") == "b'STANDARD'\n")
            }
        }
    }
}
