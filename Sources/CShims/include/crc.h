#ifndef CSHIMS_CRC_H
#define CSHIMS_CRC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The three CRCs that object stores know. All of them read bits from the lowest of a byte to the highest, start with
// all ones and are inverted at the end, so one piece of code serves the three, with a polynomial as its only parameter.
enum shim_crc { shim_crc32, shim_crc32c, shim_crc64nvme };

// The CRC of what went before, 0 for nothing, in; the CRC of that and these bytes out.
uint64_t shim_crc_update(enum shim_crc which, uint64_t crc, const void *bytes, size_t count);

// The same with a kernel of one's choice, for tests. Folding takes a CPU that multiplies without carry.
enum shim_crc_kernel { shim_crc_by_table, shim_crc_by_folding };
bool shim_crc_has(enum shim_crc_kernel kernel);
uint64_t shim_crc_update_by(
    enum shim_crc_kernel kernel, enum shim_crc which, uint64_t crc, const void *bytes, size_t count);

// Polynomials modulo that of a CRC. The CRC of two pieces is product(CRC of the first, what appending the second's
// length in bytes stands for) XOR CRC of the second.
uint64_t shim_crc_product(enum shim_crc which, uint64_t left, uint64_t right);
uint64_t shim_crc_appending(enum shim_crc which, uint64_t bytes);

#endif
