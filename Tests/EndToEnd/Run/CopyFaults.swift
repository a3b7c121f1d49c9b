import TestSupport
import Testing

/// What can go wrong with a copy. These tests halt copies at certain moments and load the machine, so they run one after
/// the other.
@Suite(.serialized, .apart) enum CopyFaults {}
