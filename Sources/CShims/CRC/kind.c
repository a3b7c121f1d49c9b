#include "kind.h"

#include <pthread.h>

static struct crc_kind kinds[] = {
    [shim_crc32] = {.polynomial = 0xEDB88320, .width = 32},
    [shim_crc32c] = {.polynomial = 0x82F63B78, .width = 32},
    [shim_crc64nvme] = {.polynomial = 0x9A6C9329AC4BC9B5, .width = 64},
};

static uint64_t times_x(const struct crc_kind *kind, uint64_t value) {
    return value & 1 ? (value >> 1) ^ kind->polynomial : value >> 1;
}

uint64_t crc_product(const struct crc_kind *kind, uint64_t left, uint64_t right) {
    uint64_t product = 0;
    for (uint64_t bit = 1ull << (kind->width - 1); bit; bit >>= 1) {
        if (left & bit) product ^= right;
        right = times_x(kind, right);
    }
    return product;
}

uint64_t crc_power(const struct crc_kind *kind, uint64_t exponent) {
    uint64_t power = 1ull << (kind->width - 1);
    for (uint64_t square = power >> 1; exponent; exponent >>= 1) {
        if (exponent & 1) power = crc_product(kind, power, square);
        square = crc_product(kind, square, square);
    }
    return power;
}

// The product of two reversed values of 64 bits, 127 bits long and read as 128, comes out multiplied by x: hence one
// less in every exponent. A shorter factor stands in the upper bits.
static void derive_factors(const struct crc_kind *kind, uint64_t bits, uint64_t factors[2]) {
    factors[0] = crc_power(kind, bits + 64 - 1) << (64 - kind->width);
    factors[1] = crc_power(kind, bits - 1) << (64 - kind->width);
}

static void derive(struct crc_kind *kind) {
    for (uint64_t byte = 0; byte < 256; byte++) {
        uint64_t value = byte;
        for (int bit = 0; bit < 8; bit++) value = times_x(kind, value);
        kind->table[0][byte] = value;
    }
    for (int step = 1; step < 8; step++) {
        for (int byte = 0; byte < 256; byte++) {
            uint64_t before = kind->table[step - 1][byte];
            kind->table[step][byte] = (before >> 8) ^ kind->table[0][before & 0xFF];
        }
    }
    derive_factors(kind, 16 * 8, kind->over16);
    derive_factors(kind, 64 * 8, kind->over64);
}

static void derive_all(void) {
    for (size_t index = 0; index < sizeof kinds / sizeof *kinds; index++) derive(&kinds[index]);
}

const struct crc_kind *crc_kind(enum shim_crc which) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, derive_all);
    return &kinds[which];
}
