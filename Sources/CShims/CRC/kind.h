#ifndef CSHIMS_CRC_KIND_H
#define CSHIMS_CRC_KIND_H

#include "crc.h"

// What is derived from the polynomial of a CRC, so that the polynomial is all that is written down.
//
// A value of `width` bits stands for a polynomial over GF(2) with its bits reversed: the highest bit is the coefficient
// of x^0, the lowest that of x^(width-1).
struct crc_kind {
    uint64_t polynomial;
    int width;
    // table[k][b]: what byte b does to the CRC when k more bytes follow it.
    uint64_t table[8][256];
    // Factors that move 16 bytes over the next 16 or 64 bytes: for their first half, for their second half.
    uint64_t over16[2];
    uint64_t over64[2];
};

const struct crc_kind *crc_kind(enum shim_crc which);

uint64_t crc_product(const struct crc_kind *kind, uint64_t left, uint64_t right);
// x^exponent
uint64_t crc_power(const struct crc_kind *kind, uint64_t exponent);

// Kernels work on a CRC that is not inverted.
uint64_t crc_by_table(const struct crc_kind *kind, uint64_t crc, const uint8_t *bytes, size_t count);
uint64_t crc_by_folding(const struct crc_kind *kind, uint64_t crc, const uint8_t *bytes, size_t count);
bool crc_can_fold(void);

#endif
