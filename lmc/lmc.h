/* lmc.h: the installed C interface of liblmc, lossless compression by prediction.
 *
 *   lmc_context* context = lmc_context_new(NULL);
 *   lmc_buffer packed = {0}, back = {0};
 *   lmc_error error;
 *   if (lmc_compress(context, text, text_bytes, NULL, &packed, &error) != LMC_OK) puts(error.message);
 *   if (lmc_decompress(context, packed.data, packed.size, NULL, &back, &error) != LMC_OK) puts(error.message);
 *   lmc_buffer_free(&packed);
 *   lmc_buffer_free(&back);
 *   lmc_context_free(context);
 *
 * The bytes are those of .lmc files (docs/format.md): what the program writes, the library reads, and the other way.
 * Nothing here prints, exits or throws. All functions may be called from several threads, also with one context.
 */
#ifndef LMC_LMC_H_
#define LMC_LMC_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Stable; the same numbers as the program's exit codes. */
typedef enum lmc_status {
  LMC_OK = 0,
  LMC_USAGE = 1,       /* an option or argument that makes no sense, or a pointer that may not be NULL and is */
  LMC_ENVIRONMENT = 2, /* no memory, or a model is missing: the message says which and where it was looked for */
  LMC_BAD_INPUT = 3,   /* not a .lmc file, damaged, or larger than the limit */
  LMC_BUG = 4          /* please report it */
} lmc_status;

typedef struct lmc_error {
  char message[1024]; /* zero-terminated; empty after LMC_OK */
  int has_offset;     /* 1: offset_bytes says where in the input */
  uint64_t offset_bytes;
} lmc_error;

/* Owned by the caller; given back with lmc_buffer_free. */
typedef struct lmc_buffer {
  uint8_t* data;
  size_t size;
} lmc_buffer;

/* Call lmc_options_init first, then change what you want: later versions may add fields at the end. */
typedef struct lmc_options {
  size_t struct_bytes; /* set by lmc_options_init */
  int level;   /* 0 stores, 1 adapts to the data only, 2-3 use a small language model, 4-6 a larger one, 7-9 take more
                  time;   default 5 */
  int threads; /* default 1; changes the speed, never the bytes */
  size_t block_bytes;   /* a power of two from 2^17 to 2^26; default 2^22 */
  const char* model;    /* compressing: name, path or start of the SHA-256; NULL: the default model, if it is there */
  uint64_t limit_bytes; /* decompressing: more content than this is LMC_BAD_INPUT; default: no limit */
  uint64_t memory_limit_bytes; /* decompressing: data that asks for more memory than this, beside program and models,
                                  is LMC_ENVIRONMENT; compressing: what would take more is not taken apart, and what
                                  cannot be compressed within it is LMC_ENVIRONMENT;
                                  default 0: 4 GiB, or 512 MiB for each thread if that is more */
} lmc_options;

/* Finds models and keeps those in use mapped. */
typedef struct lmc_context lmc_context;

/* "0.1.0" */
const char* lmc_version(void);

/* Looks for models in these folders (colons between them) before the default ones; NULL: only the default ones.
 * NULL if there is no memory. */
lmc_context* lmc_context_new(const char* model_folders);
void lmc_context_free(lmc_context* context); /* NULL is allowed */

void lmc_options_init(lmc_options* options); /* NULL: does nothing */

/* All four replace *out on success and leave it alone on failure; what it held before is not freed.
 * options and error may be NULL, data if size is 0. context and out may not: LMC_USAGE, and nothing is done. */
lmc_status lmc_compress(lmc_context* context, const void* data, size_t size, const lmc_options* options,
                        lmc_buffer* out, lmc_error* error);
lmc_status lmc_decompress(lmc_context* context, const void* data, size_t size, const lmc_options* options,
                          lmc_buffer* out, lmc_error* error);

/* The short form, for many small records kept or sent one by one: 1 or 2 bytes of framing instead of 5 or more, no
 * checksum. It is not a .lmc file; what one writes only the other reads. */
lmc_status lmc_compress_message(lmc_context* context, const void* data, size_t size, const lmc_options* options,
                                lmc_buffer* out, lmc_error* error);
lmc_status lmc_decompress_message(lmc_context* context, const void* data, size_t size, const lmc_options* options,
                                  lmc_buffer* out, lmc_error* error);

/* Frees the bytes and empties the buffer; harmless on an empty one and on NULL. */
void lmc_buffer_free(lmc_buffer* buffer);

#ifdef __cplusplus
}
#endif

#endif /* LMC_LMC_H_ */
