// Symbol visibility of libdaaa. Nothing here is of use to a caller.
#pragma once

#if defined(DAAA_SHARED) || defined(DAAA_BUILDING)
#define DAAA_EXPORT __attribute__((visibility("default")))
#else
#define DAAA_EXPORT
#endif
