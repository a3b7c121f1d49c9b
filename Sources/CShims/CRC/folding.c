#include "kind.h"

// Folding (V. Gopal and others, "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ", Intel 2009): a block of
// 16 bytes moves over the bytes that follow it when each of its halves is multiplied by a power of x, and may then be
// added to what it lands on. Four blocks move at once, so that multiplications do not wait for each other. What is left
// in the end is one block that has the same CRC as everything before it; the table takes it from there.

#if defined(__x86_64__)

#include <immintrin.h>

#define FOLDING __attribute__((target("pclmul,sse4.1")))
typedef __m128i block;

FOLDING static inline block load(const void *bytes) { return _mm_loadu_si128(bytes); }
FOLDING static inline void store(void *bytes, block value) { _mm_storeu_si128(bytes, value); }
FOLDING static inline block sum(block left, block right) { return _mm_xor_si128(left, right); }
FOLDING static inline block folded(block value, block factors) {
    return sum(_mm_clmulepi64_si128(value, factors, 0x00), _mm_clmulepi64_si128(value, factors, 0x11));
}

bool crc_can_fold(void) { return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1"); }

#elif defined(__aarch64__) && !defined(__AARCH64EB__)

#include <arm_neon.h>
#include <sys/auxv.h>

#define FOLDING __attribute__((target("aes")))
typedef uint64x2_t block;

FOLDING static inline block load(const void *bytes) { return vreinterpretq_u64_u8(vld1q_u8(bytes)); }
FOLDING static inline void store(void *bytes, block value) { vst1q_u8(bytes, vreinterpretq_u8_u64(value)); }
FOLDING static inline block sum(block left, block right) { return veorq_u64(left, right); }
FOLDING static inline block folded(block value, block factors) {
    poly64x2_t left = vreinterpretq_p64_u64(value), right = vreinterpretq_p64_u64(factors);
    return sum(vreinterpretq_u64_p128(vmull_p64(vgetq_lane_p64(left, 0), vgetq_lane_p64(right, 0))),
               vreinterpretq_u64_p128(vmull_high_p64(left, right)));
}

// HWCAP_PMULL
bool crc_can_fold(void) { return getauxval(AT_HWCAP) & 1 << 4; }

#else

uint64_t crc_by_folding(const struct crc_kind *kind, uint64_t crc, const uint8_t *bytes, size_t count) {
    return crc_by_table(kind, crc, bytes, count);
}

bool crc_can_fold(void) { return false; }

#endif

#ifdef FOLDING

FOLDING uint64_t crc_by_folding(const struct crc_kind *kind, uint64_t crc, const uint8_t *bytes, size_t count) {
    if (count < 64) return crc_by_table(kind, crc, bytes, count);

    uint64_t start[2] = {crc, 0};
    block first = sum(load(bytes), load(start));
    block second = load(bytes + 16), third = load(bytes + 32), fourth = load(bytes + 48);
    block factors = load(kind->over64);
    for (bytes += 64, count -= 64; count >= 64; bytes += 64, count -= 64) {
        first = sum(folded(first, factors), load(bytes));
        second = sum(folded(second, factors), load(bytes + 16));
        third = sum(folded(third, factors), load(bytes + 32));
        fourth = sum(folded(fourth, factors), load(bytes + 48));
    }

    factors = load(kind->over16);
    block last = sum(folded(first, factors), second);
    last = sum(folded(last, factors), third);
    last = sum(folded(last, factors), fourth);
    for (; count >= 16; bytes += 16, count -= 16) last = sum(folded(last, factors), load(bytes));

    uint8_t rest[16];
    store(rest, last);
    crc = crc_by_table(kind, 0, rest, sizeof rest);
    return crc_by_table(kind, crc, bytes, count);
}

#endif
