import TestSupport
import Testing

/// Tests of real mounts. They wait for programs that wait for mounts, and look at how long that takes: so they run one after
/// the other.
@Suite(.enabled(if: TestMount.isPossible, TestMount.absence), .serialized, .apart)
enum Mounts {}
