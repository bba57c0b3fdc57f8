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
  LMC_BUG = 4,         /* please report it */
  LMC_CANCELLED = 5    /* the caller's progress function said so */
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

/* Told after each block but the last ones how many bytes of content are done, by the thread that calls or, of a
 * stream, by one of the library's. Anything but 0 cancels: the call ends with LMC_CANCELLED, at the latest after the
 * blocks that are being worked on. It must not call the library with the same stream. */
typedef int (*lmc_progress)(void* user, uint64_t done_bytes);

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
  lmc_progress progress;       /* default NULL */
  void* progress_user;         /* given to it */
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

/* All calls that give an lmc_buffer replace *out on success and leave it alone on failure; what it held before is not
 * freed. options and error may be NULL, data if size is 0. context and out may not: LMC_USAGE, and nothing is done. */
lmc_status lmc_compress(lmc_context* context, const void* data, size_t size, const lmc_options* options,
                        lmc_buffer* out, lmc_error* error);
lmc_status lmc_decompress(lmc_context* context, const void* data, size_t size, const lmc_options* options,
                          lmc_buffer* out, lmc_error* error);

/* `size` bytes of the content from `offset` on, fewer if it ends before: only the blocks that they lie in are decoded.
 * data: the whole .lmc file, which may be mapped; what is not needed is not touched but for headers. */
lmc_status lmc_read_range(lmc_context* context, const void* data, size_t data_size, uint64_t offset, uint64_t size,
                          const lmc_options* options, lmc_buffer* out, lmc_error* error);

/* What a .lmc file is, told from its headers: nothing is decoded. */
typedef struct lmc_info {
  size_t struct_bytes; /* set by the caller: sizeof(lmc_info) */
  uint64_t content_bytes;
  uint64_t frames;              /* one, or more if files were joined */
  uint64_t blocks;              /* that decode alone, in all frames */
  uint64_t largest_block_bytes; /* of content */
  int missing_models;           /* how many of the models it wants the context does not find */
  char models[2048];            /* one a line: SHA-256 (its start, of an adapter in the
                                              short form), a space and its name if it is a known one; only as many as fit */
} lmc_info;
lmc_status lmc_probe(lmc_context* context, const void* data, size_t data_size, lmc_info* info, lmc_error* error);

/* Streams: bytes in and out in pieces of any size, in memory that the block size bounds, not the length.
 *
 *   lmc_stream* stream = NULL;
 *   if (lmc_compress_stream(context, NULL, &stream, &error) != LMC_OK) ...
 *   int done = 0;
 *   while (!done) {
 *     if (input.used == input.size) refill the input; is_last: whether nothing comes after it
 *     output.used = 0;
 *     if (lmc_stream_run(stream, &input, &output, is_last, &done, &error) != LMC_OK) ...
 *     fwrite(output.data, 1, output.used, file);
 *   }
 *   lmc_stream_free(stream);
 *
 * The bytes are those of the calls above. A stream has a thread of its own, on which the work is done; lmc_stream_run
 * waits for it. One stream belongs to one thread at a time, several streams may share a context, which must outlive
 * them. */
typedef struct lmc_stream lmc_stream;

typedef struct lmc_input {
  const void* data;
  size_t size;
  size_t used; /* how much of it has been taken */
} lmc_input;

typedef struct lmc_output {
  void* data;
  size_t size;
  size_t used; /* how much of it has been filled */
} lmc_output;

lmc_status lmc_compress_stream(lmc_context* context, const lmc_options* options, lmc_stream** out, lmc_error* error);
lmc_status lmc_decompress_stream(lmc_context* context, const lmc_options* options, lmc_stream** out, lmc_error* error);
/* Takes input and gives output until the input is used, the output is full, or all is done. is_last: not 0 once nothing
 * follows this input; then *done becomes 1 when everything has come out. After an error the stream can only be freed,
 * and every further call says the same error. */
lmc_status lmc_stream_run(lmc_stream* stream, lmc_input* input, lmc_output* output, int is_last, int* done,
                          lmc_error* error);
/* NULL is allowed. What is unfinished is given up, at the latest after the blocks that are being worked on. */
void lmc_stream_free(lmc_stream* stream);

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
