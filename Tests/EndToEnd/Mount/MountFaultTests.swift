import Checksums
import Foundation
import TestSupport
import Testing

extension MountedBuckets {
    /// Servers and networks that do wrong below a mount: what is read is right to the bit, or an error whose reason stands
    /// in the status.
    @Suite(.over(.seaweedFS, .ceph, .google, .fakeGCS, .azure)) struct MountFaultTests {
        private let bucket: BucketSandbox
        private let proxy: FaultProxy
        private let sandbox: MountSandbox

        init() async throws {
            (bucket, proxy, sandbox) = try await MountSandbox.ofBucket()
        }

        private func mount(_ keys: String = "") throws {
            try sandbox.expect(0, sandbox.task(of: bucket, keys))
        }

        // MARK: What is got over

        private static let small = BucketSandbox.bytes(20_000)
        private static let large = BucketSandbox.bytes(5 << 19, seed: 3)

        /// What goes wrong with reads of `small`, and with those of `large`, by folder.
        private static let passing: [String: (small: Fault.Deed, large: Fault.Deed)] = {
            var all: [String: (Fault.Deed, Fault.Deed)] = [
                "hang-up": (.hangUp, .hangUp), "partial": (.rewrite(status: 200), .rewrite(status: 200)),
                "whole": (.wholeInstead(small), .wholeInstead(large)), "drip": (.drip(10_000), .drip(1 << 20)),
                "corrupt": (.corrupt(at: 12_345), .rewrite()),
                // A part that does not say which.
                "unplaced": (
                    .rewrite(status: 206, ["Content-Range": nil]), .rewrite(status: 206, ["Content-Range": nil])
                ),
                "later": (
                    Fault.refusal(503, "SlowDown", ["Retry-After": "1"]), Fault.refusal(503, "", ["Retry-After": "1"])
                ),
            ]
            for place in [0, 1, 4096, 19_999] {
                all["reset-\(place)"] = (.reset(after: place), .reset(after: place * 50))
                all["end-\(place)"] = (.end(after: place), .end(after: place * 50))
            }
            for (status, code) in [
                (500, "InternalError"), (502, ""), (503, "SlowDown"), (504, ""), (429, ""), (408, ""),
            ] {
                all["status-\(status)"] = (Fault.refusal(status, code), Fault.refusal(status, code))
            }
            return all
        }()

        /// All of them in one mount, read by programs side by side.
        @Test func whatPassesIsGotOver() async throws {
            var objects: [String: [UInt8]] = [:]
            for name in Self.passing.keys {
                objects["\(name)/\(name)-small"] = Self.small
                objects["\(name)/\(name)-large"] = Self.large
            }
            try await bucket.put(objects)
            try mount("checksum: full")
            for (name, deeds) in Self.passing {
                proxy.add(.reading("\(name)-small", deeds.small))
                proxy.add(.reading("\(name)-large", deeds.large))
                proxy.add(.reading("\(name)-large", deeds.large, skip: 1))
            }
            try Files.write(Self.small, to: Array(sandbox.path("small").utf8))
            try Files.write(Self.large, to: Array(sandbox.path("large").utf8))
            let wrong = try sandbox.shell(
                """
                cd $M && ls | xargs -P 8 -I NAME sh -c \
                    'cmp NAME/NAME-small \(sandbox.path("small")); cmp NAME/NAME-large \(sandbox.path("large"))'
                """)
            #expect(wrong.output == "" && wrong.errors == "")
            proxy.expectDone()
            // Nothing that a program would have seen.
            #expect(try sandbox.status().trouble == "")
        }

        /// What is not what was asked for is not given to anybody: it is asked for again, and at last refused.
        @Test(arguments: [1, 1_000_000]) func anotherRangeThanWasAskedFor(times: Int) async throws {
            try await bucket.put(["large": Self.large])
            try Files.write(Self.large, to: Array(sandbox.path("large").utf8))
            try mount("io_timeout: 2s")
            let range = "bytes 7-\(Self.large.count - 1)/\(Self.large.count)"
            proxy.add(.reading("large", .rewrite(["Content-Range": range]), times: times))
            let read = try sandbox.shell("cmp $M/large \(sandbox.path("large"))")
            let isRight = read.status == 0 && read.output == ""
            #expect(isRight || read.errors.contains("Input/output error"), "\(read)")
            #expect(times == 1 || !isRight)
            let trouble = try sandbox.status().trouble
            #expect(isRight == (trouble == ""), "\(trouble)")
            #expect((proxy.done.first ?? 0) > 0)
            proxy.removeFaults()
            try sandbox.wait("the right bytes") {
                try sandbox.shell("cmp $M/large \(sandbox.path("large"))").status == 0
            }
        }

        /// Bytes that may be of another version than was opened are given to nobody. Whoever opens it anew has all that
        /// is there then.
        @Test(.only(.seaweedFS), arguments: ["another version", "another version later", "a part for the whole"])
        func anotherVersionThanWasOpened(kind: String) async throws {
            try await bucket.put(["large": Self.large])
            try Files.write(Self.large, to: Array(sandbox.path("large").utf8))
            try mount()
            let other = ["ETag": "\"00000000000000000000000000000000\"", "x-goog-generation": "7"]
            let deed: Fault.Deed =
                kind == "a part for the whole" ? .rewrite(status: 200, ["Content-Range": nil]) : .rewrite(other)
            proxy.add(.reading("large", deed, skip: kind == "another version later" ? 1 : 0))
            let read = try sandbox.shell("cmp $M/large \(sandbox.path("large"))")
            #expect(read.output == "" && read.errors.contains("Stale file handle"), "\(read)")
            proxy.expectDone()
            // The store has not failed.
            #expect(try sandbox.status().trouble == "")
            #expect(try sandbox.output("cmp $M/large \(sandbox.path("large"))") == "")
        }

        /// Of a large file that is read whole the end fails when any of it has come wrong; then it is fetched anew.
        @Test(.only(.seaweedFS), arguments: [false, true])
        func aWrongByteInALargeFile(isCached: Bool) async throws {
            let large = BucketSandbox.bytes(11 << 20, seed: 5)
            let stated = [
                "x-amz-checksum-crc32c": try Checksum(.crc32c, of: large).base64,
                "x-amz-sdk-checksum-algorithm": "CRC32C",
            ]
            try await bucket.s3.put("large", large, stated, in: bucket.bucket)
            try Files.write(large, to: Array(sandbox.path("large").utf8))
            let cache = isCached ? ", cache: {dir: \(sandbox.path("cache"))}" : ""
            try mount("metadata_ttl: 1h\(cache)")
            proxy.add(.reading("large", .corrupt(at: 1000), skip: 1))
            // And by whoever comes at once.
            let wrong = try sandbox.shell("cat $M/large | wc -c; cmp $M/large \(sandbox.path("large"))")
            proxy.expectDone()
            #expect(wrong.errors.contains("Input/output error"), "\(wrong)")
            let lines = wrong.output.split(separator: "\n")
            let count = try #require(lines.first.flatMap { Int($0) })
            #expect(count < large.count && lines.count == 1, "\(wrong)")
            #expect(try sandbox.status().trouble.contains("checksum that the store states (crc32c)"))
            #expect(try sandbox.output("cmp $M/large \(sandbox.path("large"))") == "")
        }

        /// Nothing comes any more on connections that stay. Others answer meanwhile, and what hangs goes on by another.
        @Test func whatStallsKeepsNobodyElseWaiting() async throws {
            try await bucket.put(["stalls": Self.large, "other": Self.small, "d/x": Array("deep\n".utf8)])
            try Files.write(Self.large, to: Array(sandbox.path("large").utf8))
            try mount()
            proxy.add(Fault(.stall(after: 0), of: "prefix=d%2F"))
            proxy.add(.reading("stalls", .stall(after: 100_000)))
            let readers = try (0..<3).map { _ in try sandbox.start("cmp $M/stalls \(sandbox.path("large"))") }
            let looker = try sandbox.start("cat $M/d/x")
            try sandbox.wait("the stall") { proxy.done == [1, 1] }
            // After 20 s without a byte.
            let isStalled = ContinuousClock.now + .seconds(15)
            for _ in 0..<3 {
                #expect(try sandbox.output("md5sum < $M/other") == sandbox.output("head -c 20000 $M/other | md5sum"))
                #expect(try sandbox.output("ls $M") == "d\nother\nstalls\n")
                usleep(1_100_000)
            }
            let areWaiting = try readers.allSatisfy { try $0.isRunning } && looker.isRunning
            #expect(areWaiting || ContinuousClock.now > isStalled)
            for reader in readers { #expect(try reader.wait(seconds: 120).status == 0) }
            #expect(try looker.wait(seconds: 120).output == "deep\n")
        }

        // MARK: Names and attributes

        /// What goes wrong with listings, and with looks at objects, whose answers may have no body to break in.
        private static let asking: [String: (listing: Fault.Deed, look: Fault.Deed)] = {
            var all: [String: (listing: Fault.Deed, look: Fault.Deed)] = [
                "reset": (listing: .reset(after: 50), look: .hangUp),
                "stall": (
                    listing: .stall(after: 50), look: .meanwhile { ScriptedConnection.pause(milliseconds: 25_000) }
                ),
            ]
            let refusals = [
                ("broken", Fault.refusal(500, "InternalError")), ("busy", Fault.refusal(503, "SlowDown")),
                ("later", Fault.refusal(503, "SlowDown", ["Retry-After": "1"])),
                ("many", Fault.refusal(429, "TooManyRequests")),
            ]
            for (name, deed) in refusals { all[name] = (listing: deed, look: deed) }
            return all
        }()

        private static func look(_ key: String, _ deed: Fault.Deed, times: Int) -> Fault {
            Fault(deed, times: times) { $0.isLook && $0.key.hasSuffix(key) }
        }

        /// Every listing and every look meets it twice, but for stalls, which take 20 s each. What comes is right, and
        /// no program has noticed.
        @Test(.only(.seaweedFS)) func whatIsAskedBesideBytesIsGotOver() async throws {
            let names = Self.asking.keys.sorted()
            var objects: [String: [UInt8]] = [:]
            for name in names {
                objects["lists/\(name)/one"] = Self.small
                objects["lists/\(name)/two"] = Array("two\n".utf8)
                objects["looks/\(name)/\(name)-file"] = Self.small
            }
            try await bucket.put(objects)
            try Files.write(Self.small, to: Array(sandbox.path("small").utf8))
            try mount()
            for (name, deeds) in Self.asking {
                let times = name == "stall" ? 1 : 2
                proxy.add(Fault(deeds.listing, times: times) { $0.lists("lists/\(name)/") })
                proxy.add(Self.look("\(name)-file", deeds.look, times: times))
            }
            let each = "printf '%s\\n' \(names.joined(separator: " ")) | xargs -P 8 -I NAME"
            let lister = try sandbox.start(
                "cd $M/lists && \(each) find NAME -type f -printf '%p %s\\n' | LC_ALL=C sort")
            let looker = try sandbox.start("cd $M/looks && \(each) stat -c '%n %s' NAME/NAME-file | LC_ALL=C sort")
            let (listed, seen) = (try lister.wait(seconds: 90), try looker.wait(seconds: 90))
            let rightNames = names.map { "\($0)/one 20000\n\($0)/two 4\n" }.joined()
            #expect(listed.output == rightNames && listed.errors == "", "\(listed)")
            let rightSizes = names.map { "\($0)/\($0)-file 20000\n" }.joined()
            #expect(seen.output == rightSizes && seen.errors == "", "\(seen)")
            proxy.expectDone()
            // A file is looked at again when it is opened and nothing is believed of it any more.
            proxy.removeFaults()
            usleep(1_100_000)
            for (name, deeds) in Self.asking where name != "stall" {
                proxy.add(Self.look("\(name)-file", deeds.look, times: 2))
            }
            let wrong = try sandbox.shell("cd $M/looks && \(each) cmp NAME/NAME-file \(sandbox.path("small"))")
            #expect(wrong.output == "" && wrong.errors == "", "\(wrong)")
            proxy.expectDone()
            #expect(try sandbox.status().trouble == "")
        }

        // MARK: What is not

        struct Failing: Sendable, CustomTestStringConvertible {
            let name: String
            let fault: Fault
            /// What the program says, and what the status has.
            let said: String
            let code: String
            let reason: String
            var line = "cat $M/d/small"
            var testDescription: String { name }
        }

        private static let always = 1_000_000
        /// A server that asks for more patience than anybody has.
        private static let muchLater = Fault.refusal(503, "SlowDown", ["Retry-After": "3600"])
        private static let failing: [Failing] = [
            .init(
                name: "broken server", fault: .reading("small", Fault.refusal(500, "InternalError"), times: always),
                said: "Input/output error", code: "unreachable", reason: "status 500"),
            .init(
                name: "no answers", fault: .reading("small", .hangUp, times: always),
                said: "Input/output error", code: "unreachable", reason: "no answer for 2s"),
            .init(
                name: "no names", fault: .listing(.hangUp, times: always),
                said: "Input/output error", code: "unreachable", reason: "no answer within 2s", line: "ls $M/d"),
            .init(
                name: "noise", fault: .listing(.answer(200, [:], "<html>"), times: always),
                said: "Input/output error", code: "input-output", reason: "again and again for 2s", line: "ls $M/d"),
            .init(
                name: "corrupt", fault: .reading("small", .corrupt(at: 7), times: always),
                said: "Input/output error", code: "input-output", reason: "checksum"),
            .init(
                name: "slow for ever", fault: .reading("small", .drip(100), times: always),
                said: "Input/output error", code: "unreachable", reason: "no answer for 2s"),
            .init(
                name: "parts that do not say which",
                fault: .reading("small", .rewrite(status: 206, ["Content-Range": nil]), times: always),
                said: "Input/output error", code: "input-output",
                reason: "without saying which (again and again for 2s)"),
        ]

        /// Services that want to be asked again after an hour.
        private static let later: [Failing] = [
            .init(
                name: "bytes much later", fault: .reading("small", muchLater, times: always),
                said: "Input/output error", code: "throttled", reason: "again and again for 2s"),
            .init(
                name: "names much later", fault: .listing(muchLater, times: always),
                said: "Input/output error", code: "throttled", reason: "again and again for 2s", line: "ls $M/d"),
            .init(
                name: "attributes much later", fault: look("small", muchLater, times: always),
                said: "Input/output error", code: "throttled", reason: "again and again for 2s",
                // Until nothing is believed of it any more.
                line: "sleep 1.1; cat $M/d/small"),
        ]

        /// In S3's words.
        private static let refused: [Failing] = [
            .init(
                name: "refused", fault: .reading("small", Fault.refusal(403, "AccessDenied"), times: always),
                said: "Permission denied", code: "denied", reason: "AccessDenied"),
            .init(
                name: "names refused", fault: .listing(Fault.refusal(403, "AccessDenied"), times: always),
                said: "Permission denied", code: "denied", reason: "AccessDenied", line: "ls $M/d"),
            .init(
                name: "expired", fault: .reading("small", Fault.refusal(400, "ExpiredToken"), times: always),
                said: "Permission denied", code: "expired-credentials", reason: "expired"),
            .init(
                name: "archived", fault: .reading("small", Fault.refusal(403, "InvalidObjectState"), times: always),
                said: "Input/output error", code: "archived-object", reason: "archived"),
        ]

        @Test(.only(.seaweedFS), arguments: refused) func refusalsAreErrorsWithTheirReason(failing: Failing)
            async throws
        {
            try await expectError(failing)
        }

        @Test(arguments: failing) func whatStaysIsAnErrorWithItsReason(failing: Failing) async throws {
            try await expectError(failing)
        }

        @Test(.only(.seaweedFS), arguments: later) func whoSaysLaterIsNotWaitedFor(failing: Failing) async throws {
            try await expectError(failing)
        }

        private func expectError(_ failing: Failing) async throws {
            try await bucket.put(["d/small": Self.small])
            try mount("io_timeout: 2s, checksum: full")
            #expect(try sandbox.output("test -f $M/d/small; echo $?") == "0\n")
            proxy.add(failing.fault)
            let failed = try sandbox.shell(failing.line)
            #expect(failed.status != 0 && failed.errors.contains(failing.said), "\(failed)")
            var status = try sandbox.status()
            try sandbox.wait("the reason") {
                status = try sandbox.status()
                return status.code == failing.code && status.trouble.contains(failing.reason)
            }
            #expect(status.state == "mounted" && proxy.done[0] > 0, "\(status.json)")
            #expect(try sandbox.verb("status").output.contains("\(sandbox.destination): \(failing.code): 20"))
            #expect(try TemporaryFolder.text(of: sandbox.files.state + "/task/log").contains(failing.reason))
            // What failed is asked for again.
            proxy.removeFaults()
            #expect(try sandbox.output("ls $M/d && wc -c < $M/d/small") == "small\n20000\n")
        }

        /// The version that was opened is not there any more, whatever the server calls that.
        @Test(.only(.seaweedFS), arguments: [(404, "NoSuchKey"), (412, "PreconditionFailed"), (404, "NoSuchBucket")])
        func whatIsGoneIsStale(status: Int, code: String) async throws {
            try await bucket.put(["small": Self.small])
            try mount()
            proxy.add(Fault(Fault.refusal(status, code), of: "/small", times: 1))
            #expect(try sandbox.shell("cat $M/small").errors.contains("Stale file handle"))
            #expect(try sandbox.output("wc -c < $M/small") == "20000\n")
            proxy.expectDone()
        }

        /// Bytes are what comes where nothing shall be compared.
        @Test(arguments: [("full", true), ("\"off\"", false)])
        func checksumsOfTheStore(choice: String, isRight: Bool) async throws {
            try await bucket.put(["small": Self.small])
            try mount("checksum: \(choice)")
            proxy.add(.reading("small", .corrupt(at: 7)))
            try Files.write(Self.small, to: Array(sandbox.path("small").utf8))
            #expect(try sandbox.output("cmp -l $M/small \(sandbox.path("small")) | wc -l") == (isRight ? "0\n" : "1\n"))
            proxy.expectDone()
        }
    }
}

extension ReceivedRequest {
    /// At one object, without its bytes. Google's are GETs as well.
    fileprivate var isLook: Bool { (method == "HEAD" || method == "GET") && !isRead && !isListing }

    /// For the names in a folder, and not only to find out whether anything is in it.
    fileprivate func lists(_ folder: String) -> Bool {
        isListing && target.contains("delimiter") && target.contains("prefix=\(folder.replacing("/", with: "%2F"))")
    }
}
