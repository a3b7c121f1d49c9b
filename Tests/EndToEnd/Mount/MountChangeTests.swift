import Foundation
import TestSupport
import Testing

extension MountedBuckets {
    /// What others do to the bucket, and to the right to read it, while programs have files of a mount open.
    @Suite(.over(.seaweedFS, .ceph, .google, .fakeGCS, .azure)) struct MountChangeTests {
        private static let old = BucketSandbox.bytes(40 << 20, seed: 1)
        private static let new = BucketSandbox.bytes(40 << 20, seed: 2)

        private let bucket: BucketSandbox
        private let proxy: FaultProxy
        private let sandbox: MountSandbox

        init() async throws {
            (bucket, proxy, sandbox) = try await MountSandbox.ofBucket()
        }

        private var task: String { sandbox.task(of: bucket) }

        /// Somebody who has read the beginning of a file, and will read its end twice when the test says so.
        private func reader() throws -> RunningProgram {
            let go = sandbox.path("go")
            let reader = try sandbox.start(
                """
                exec 3<$M/file; head -c 1000 <&3 | wc -c; while [ ! -e \(go) ]; do sleep 0.05; done
                for i in 1 2; do dd bs=1M skip=16 count=1 status=none <&3 | wc -c; done
                """)
            try sandbox.wait("the file open") { reader.outputSoFar.contains("1000") }
            return reader
        }

        private func go(_ reader: RunningProgram) throws -> Finished {
            try sandbox.files.folder.write("", to: "go")
            return try reader.wait()
        }

        private func expectStale(_ finished: Finished, at location: Testing.SourceLocation = #_sourceLocation) {
            #expect(finished.output == "1000\n0\n0\n", sourceLocation: location)
            #expect(
                finished.errors.components(separatedBy: "Stale file handle").count == 3, "\(finished.errors)",
                sourceLocation: location)
        }

        /// Who has the old version open gets no byte of the new one; who opens it then gets nothing else.
        @Test func anOpenFileIsReplaced() async throws {
            try await bucket.put(["file": Self.old])
            try sandbox.expect(0, task)
            let reader = try reader()
            try await bucket.put(["file": Self.new])
            expectStale(try go(reader))
            try Files.write(Self.new, to: Array(sandbox.path("new").utf8))
            #expect(try sandbox.output("cmp $M/file \(sandbox.path("new"))") == "")
        }

        /// Who opens it then reads all of it, however long the kernel may believe what it was told of the old one.
        @Test(.only(.seaweedFS)) func anOpenFileGrows() async throws {
            try await bucket.put(["file": Self.old])
            try sandbox.expect(0, sandbox.task(of: bucket, "metadata_ttl: 1h"))
            let reader = try reader()
            let larger = Self.old + Self.new.prefix(1000)
            try await bucket.put(["file": larger])
            expectStale(try go(reader))
            try Files.write(larger, to: Array(sandbox.path("new").utf8))
            #expect(try sandbox.output("cmp $M/file \(sandbox.path("new")); stat -c %s $M/file") == "\(larger.count)\n")
        }

        private enum Fate: CaseIterable {
            case shorter, empty, asLong, deleted
        }

        /// Linux asks for a file's size before it reads on: that of the new one would be an end that nobody has written. Also when
        /// somebody else asks for it, or reads the new one meanwhile.
        @Test(.only(.seaweedFS), arguments: Fate.allCases, ["", "stat $M/file", "cat $M/file"])
        private func anOpenFileIsAnotherLater(_ fate: Fate, others: String) async throws {
            try await bucket.put(["file": Self.old])
            try sandbox.expect(0, task)
            let reader = try reader()
            switch fate {
            case .shorter: try await bucket.put(["file": Array(Self.new.prefix(10 << 20))])
            case .empty: try await bucket.put(["file": []])
            case .asLong: try await bucket.put(["file": Self.new])
            case .deleted: try await bucket.server.delete(["file"], in: bucket.bucket)
            }
            // What is believed for a second is not any more.
            try await Task.sleep(for: .milliseconds(1300))
            if !others.isEmpty {
                #expect(try sandbox.shell(others + " > /dev/null").status == (fate == .deleted ? 1 : 0))
            }
            expectStale(try go(reader))
        }

        /// Each is read by whoever has it open, to its end or not at all.
        @Test(.over(.seaweedFS, .google, .azure)) func twoVersionsAreOpen() async throws {
            let (old, new) = (Array(Self.old.prefix(1 << 20)), Array(Self.new.prefix(1 << 20)))
            try await bucket.put(["file": old])
            try Files.write(old, to: Array(sandbox.path("old").utf8))
            try Files.write(new, to: Array(sandbox.path("new").utf8))
            try sandbox.expect(0, task)
            try sandbox.write([
                "reader.py": """
                import errno, os, sys, time
                path, old, go = sys.argv[1:]
                file, right = os.open(path, os.O_RDONLY), open(old, "rb").read()
                assert os.pread(file, 4096, 0) == right[:4096]
                print("open", flush=True)
                while not os.path.exists(go): time.sleep(0.05)
                # At hand.
                assert os.pread(file, 4096, 0) == right[:4096]
                for offset in range(0, len(right), 65536):
                    try:
                        assert os.pread(file, 65536, offset) == right[offset:][:65536], offset
                    except OSError as error:
                        assert error.errno == errno.ESTALE, error
                print("right")
                """
            ])
            let reader = try sandbox.start(
                "python3 \(sandbox.path("reader.py")) $M/file \(sandbox.path("old")) \(sandbox.path("go"))")
            try sandbox.wait("the file open") { reader.outputSoFar.contains("open") }
            try await bucket.put(["file": new])
            try await Task.sleep(for: .milliseconds(1300))
            // Some of the new one is read before the old one is read on, and the rest afterwards.
            #expect(try sandbox.output("head -c 1 $M/file | wc -c") == "1\n")
            let finished = try go(reader)
            #expect(finished.output == "open\nright\n" && finished.status == 0, "\(finished)")
            #expect(try sandbox.output("cmp $M/file \(sandbox.path("new"))") == "")
        }

        /// A single object that is mounted has one inode: as long as an older version is open it is that, for everybody.
        @Test(.over(.seaweedFS, .google, .azure)) func aSingleObjectIsReplaced() async throws {
            let new = Array(Self.new.prefix(10 << 20))
            try await bucket.put(["file": Self.old])
            try Files.write(new, to: Array(sandbox.path("new").utf8))
            try sandbox.expect(0, "file_mounts: {\(sandbox.destination): \(sandbox.entry(bucket.url + "/file"))}")
            let go = sandbox.path("go")
            let reader = try sandbox.start(
                """
                exec 3<$M; head -c 1000 <&3 | wc -c; while [ ! -e \(go) ]; do sleep 0.05; done
                for i in 1 2; do dd bs=1M skip=16 count=1 status=none <&3 | wc -c; done
                """)
            try sandbox.wait("the file open") { reader.outputSoFar.contains("1000") }
            try await bucket.put(["file": new])
            try await Task.sleep(for: .milliseconds(1300))
            #expect(try sandbox.output("stat -c %s $M") == "\(Self.old.count)\n")
            #expect(try sandbox.shell("cat $M | wc -c").errors.contains("Stale file handle"))
            expectStale(try self.go(reader))
            #expect(try sandbox.output("stat -c %s $M; cmp $M \(sandbox.path("new"))") == "\(new.count)\n")
        }

        /// No name leads from the place that a file is bound to by itself to the version that comes next.
        @Test(.only(.seaweedFS)) func aFileThatIsBound() async throws {
            try await bucket.put(["file": Array("old\n".utf8)])
            try sandbox.expect(0, task)
            let (bound, go) = (sandbox.path("bound"), sandbox.path("go"))
            try sandbox.write(["bound": ""])
            #expect(try sandbox.output("mount --bind $M/file \(bound) && cat \(bound)") == "old\n")
            defer { umount2(bound, Int32(MNT_DETACH)) }
            try await bucket.put(["file": Array("newer\n".utf8)])
            try await Task.sleep(for: .milliseconds(1300))
            // Nobody has it open.
            #expect(try sandbox.output("cat \(bound) $M/file") == "newer\nnewer\n")
            let reader = try sandbox.start(
                "exec 3<\(bound); echo open; while [ ! -e \(go) ]; do sleep 0.05; done; stat -L /proc/self/fd/3")
            try sandbox.wait("the file open") { reader.outputSoFar.contains("open") }
            try await bucket.put(["file": Array("newest\n".utf8)])
            try await Task.sleep(for: .milliseconds(1300))
            #expect(try sandbox.output("cat $M/file") == "newest\n")
            #expect(try sandbox.shell("cat \(bound)").errors.contains("Stale file handle"))
            #expect(try self.go(reader).errors.contains("Stale file handle"))
            #expect(try sandbox.shell("cat \(bound)").errors.contains("Stale file handle"))
        }

        /// Where a bucket has both, `file/b` hides `file`: who has that open reads it to its end all the same.
        @Test(.over(.ceph, .google)) func anOpenFileIsHidden() async throws {
            try await bucket.put(["file": Self.old])
            try sandbox.expect(0, task)
            let reader = try reader()
            try await bucket.put(["file/b": [1]])
            try await Task.sleep(for: .milliseconds(1300))
            #expect(try sandbox.output("ls $M; ls $M/file") == "file\nb\n")
            let finished = try go(reader)
            #expect(finished.output == "1000\n1048576\n1048576\n" && finished.errors == "", "\(finished)")
        }

        @Test func anOpenFileIsDeleted() async throws {
            try await bucket.put(["file": Self.old, "other": Array("other\n".utf8)])
            try sandbox.expect(0, task)
            let reader = try reader()
            try await bucket.server.delete(["file"], in: bucket.bucket)
            try await Task.sleep(for: .milliseconds(1200))
            expectStale(try go(reader))
            try sandbox.wait("the name gone") {
                try sandbox.shell("cat $M/file").errors.contains("No such file or directory")
            }
            #expect(try sandbox.output("ls $M") == "other\n")
        }

        @Test func theBucketIsDeleted() async throws {
            try await bucket.put(["file": Self.old])
            try sandbox.expect(0, task)
            let reader = try reader()
            try await bucket.server.delete(["file"], in: bucket.bucket)
            try await bucket.server.removeBucket(bucket.bucket)
            expectStale(try go(reader))
            // And not as if it were empty.
            try sandbox.wait("its names gone") { try sandbox.shell("ls $M").errors.contains("Stale file handle") }
            #expect(try sandbox.shell("cat $M/file").errors.contains("No such file or directory"))
            let status = try sandbox.status()
            #expect(status.state == "mounted" && status.code == "not-found", "\(status.trouble)")
            #expect(status.trouble.contains(bucket.bucket))
            #expect(try sandbox.verb("down").status == 0)
            try sandbox.expectNothingLeft()
        }

        @Test func thePermissionIsLostAndGivenAgain() async throws {
            try await bucket.put(["file": Self.old])
            try sandbox.expect(0, task)
            let reader = try reader()
            proxy.add(Fault(Fault.refusal(403, "AccessDenied"), of: "", times: 1_000_000))
            proxy.add(Fault(Fault.refusal(403, "AccessDenied"), "HEAD", of: "", times: 1_000_000))
            let finished = try go(reader)
            #expect(finished.output == "1000\n0\n0\n" && finished.errors.contains("Permission denied"), "\(finished)")
            try sandbox.wait("no names") { try sandbox.shell("ls $M").errors.contains("Permission denied") }
            let status = try sandbox.status()
            #expect(status.state == "mounted" && status.code == "denied", "\(status.trouble)")
            proxy.removeFaults()
            #expect(try sandbox.output("ls $M && wc -c < $M/file") == "file\n\(Self.old.count)\n")
        }

        /// Keys that end by themselves are renewed when three quarters of their time are over, while files are read: nobody is
        /// refused, and nothing is asked with those of before once there are others.
        @Test(.only(.seaweedFS)) func keysEndUnderLoad() async throws {
            try await bucket.put(["file": Self.old, "small": BucketSandbox.bytes(5000)])
            try sandbox.useKeysOfAProgram(lasting: "62 seconds")
            try sandbox.expect(0, task)
            let right = try sandbox.output("cat $M/file $M/small | md5sum")
            let enough = sandbox.path("enough")
            let readers = try (0..<3).map { _ in
                try sandbox.start(
                    """
                    while [ ! -e \(enough) ]; do
                        for f in $M/file $M/small; do dd if=$f iflag=nocache count=0 status=none; done
                        cat $M/file $M/small | md5sum; sleep 0.2
                    done
                    """)
            }
            func calls() throws -> Int { try TemporaryFolder.text(of: sandbox.path("calls")).count / "call\n".count }
            let (before, passages) = (try calls(), proxy.passages.count)
            try sandbox.wait("other keys", seconds: 120) { try calls() > before }
            let after = proxy.passages.count
            try sandbox.wait("reading with them") { proxy.passages.count > after + 60 }
            try sandbox.write(["enough": ""])
            for reader in readers {
                let finished = try reader.wait(seconds: 60)
                #expect(Set(finished.output.split(separator: "\n")).map { $0 + "\n" } == [right], "\(finished)")
                #expect(finished.errors == "")
            }
            let used = proxy.passages.map { $0.request["Authorization"]?.split(separator: "/").first }
            // Some may have been on their way.
            #expect(Set(used[passages..<after - 20]).count == 1 && Set(used[(after + 20)...]).count == 1)
            #expect(used[passages] != used.last && used.count > after + 40, "\(used.count - after)")
            #expect(try sandbox.status().trouble == "")
        }

        /// Keys come from a program, now these and now those, and the server takes some of them no more before their time: whoever
        /// reads notices nothing.
        @Test(.only(.seaweedFS)) func keysAreRenewedUnderLoad() async throws {
            try await bucket.put(["file": Self.old])
            for number in 0..<40 {
                try await bucket.put(["small/\(number)": BucketSandbox.bytes(5000, seed: UInt64(number))])
            }
            try sandbox.useKeysOfAProgram(lasting: "1 hour")
            try sandbox.expect(0, task)
            let calls = try TemporaryFolder.text(of: sandbox.path("calls")).count
            let right = try sandbox.output("cat $M/file $M/small/* | md5sum")
            let readers = try (0..<4).map { _ in
                try sandbox.start(
                    """
                    for i in $(seq 8); do
                        for f in $M/file $M/small/*; do dd if=$f iflag=nocache count=0 status=none; done
                        cat $M/file $M/small/* | md5sum; sleep 0.3
                    done
                    """)
            }
            for number in 1...3 {
                proxy.add(Fault(Fault.refusal(400, "ExpiredToken"), of: "/"))
                try sandbox.wait("a refusal") { proxy.done.reduce(0, +) == number }
                try await Task.sleep(for: .milliseconds(500))
            }
            for reader in readers {
                let finished = try reader.wait(seconds: 60)
                #expect(finished.output == String(repeating: right, count: 8) && finished.errors == "")
            }
            proxy.expectDone()
            #expect(try TemporaryFolder.text(of: sandbox.path("calls")).count >= calls + 3 * "call\n".count)
            #expect(try sandbox.status().trouble == "")
        }

        /// Sessions are killed under 16 programs that read a bucket: none of them notices.
        @Test func sessionsAreKilledUnderLoad() async throws {
            try await bucket.put(["file": Self.old])
            try sandbox.expect(0, task)
            let right = try sandbox.output("md5sum < $M/file")
            let readers = try (0..<16).map { number in
                try sandbox.start(
                    """
                    for i in 1 2 3; do
                        dd if=$M/file iflag=nocache count=0 status=none; ls -l $M > /dev/null || echo failed
                        \(number % 2 == 0 ? "md5sum < $M/file" : "dd if=$M/file bs=300k iflag=direct status=none | md5sum")
                    done
                    """)
            }
            var killed: Set<Int32> = []
            while try readers.contains(where: { try $0.isRunning }) {
                if let session = sandbox.sessions.first, killed.count < 5, killed.insert(session).inserted {
                    kill(session, SIGKILL)
                }
                try await Task.sleep(for: .milliseconds(150))
            }
            #expect(killed.count >= 2)
            for reader in readers {
                let finished = try reader.wait()
                #expect(finished.output == String(repeating: right, count: 3) && finished.errors == "", "\(finished)")
            }
        }
    }
}
