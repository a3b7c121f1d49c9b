#include "crc.h"
#include "kind.h"

bool shim_crc_has(enum shim_crc_kernel kernel) { return kernel == shim_crc_by_table || crc_can_fold(); }

uint64_t shim_crc_update_by(
    enum shim_crc_kernel kernel, enum shim_crc which, uint64_t crc, const void *bytes, size_t count) {
    const struct crc_kind *kind = crc_kind(which);
    uint64_t ones = ~0ull >> (64 - kind->width);
    crc ^= ones;
    crc = kernel == shim_crc_by_folding ? crc_by_folding(kind, crc, bytes, count)
                                        : crc_by_table(kind, crc, bytes, count);
    return crc ^ ones;
}

uint64_t shim_crc_update(enum shim_crc which, uint64_t crc, const void *bytes, size_t count) {
    return shim_crc_update_by(crc_can_fold() ? shim_crc_by_folding : shim_crc_by_table, which, crc, bytes, count);
}

uint64_t shim_crc_product(enum shim_crc which, uint64_t left, uint64_t right) {
    return crc_product(crc_kind(which), left, right);
}

uint64_t shim_crc_appending(enum shim_crc which, uint64_t bytes) {
    // Multiplied by 8 after the fact, so that no length overflows.
    const struct crc_kind *kind = crc_kind(which);
    uint64_t power = crc_power(kind, bytes);
    for (int doubling = 0; doubling < 3; doubling++) power = crc_product(kind, power, power);
    return power;
}
