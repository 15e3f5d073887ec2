// The library is opened at run time, so the module map has no link line: only what is inline in these headers may be called.
#include <rdma/fabric.h>
#include <rdma/fi_cm.h>
#include <rdma/fi_domain.h>
#include <rdma/fi_endpoint.h>
#include <rdma/fi_eq.h>
#include <rdma/fi_errno.h>
#include <rdma/fi_rma.h>

// The version of the exported functions whose structures are those of these headers; newer libraries export newer ones too, with
// other structures. Null where the headers are newer than any that was tried: then the library's own default is taken.
static inline const char *penstock_fabric_abi(void) {
#if FI_MAJOR_VERSION == 1 && FI_MINOR_VERSION <= 17
    return "FABRIC_1.3";
#else
    return 0;
#endif
}
