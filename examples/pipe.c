/* pipe.c: standard input to standard output through liblmc's streams, with progress; pipe -d goes back.
 *
 *   cc pipe.c $(pkg-config --cflags --libs lmc) -o pipe
 *   ./pipe < book.txt > book.txt.lmc
 */
#include <lmc/lmc.h>
#include <stdio.h>
#include <string.h>

static int show(void* user, uint64_t done_bytes) {
  fprintf(stderr, "\r%s %llu bytes", (const char*)user, (unsigned long long)done_bytes);
  return 0; /* 1 would cancel */
}

int main(int argc, char** argv) {
  static char in[1 << 16], out[1 << 16];
  const int back = argc > 1 && strcmp(argv[1], "-d") == 0;
  lmc_error error;
  lmc_options options;
  lmc_options_init(&options);
  options.threads = 2;
  options.progress = show;
  options.progress_user = back ? "restored" : "compressed";

  lmc_context* context = lmc_context_new(NULL);
  lmc_stream* stream = NULL;
  lmc_status status = back ? lmc_decompress_stream(context, &options, &stream, &error)
                           : lmc_compress_stream(context, &options, &stream, &error);
  lmc_input input = {in, 0, 0};
  int done = 0;
  while (status == LMC_OK && !done) {
    if (input.used == input.size) {
      input.size = fread(in, 1, sizeof in, stdin);
      input.used = 0;
    }
    lmc_output output = {out, sizeof out, 0};
    status = lmc_stream_run(stream, &input, &output, feof(stdin), &done, &error);
    if (fwrite(out, 1, output.used, stdout) != output.used) {
      perror("\npipe");
      return 2;
    }
  }
  lmc_stream_free(stream);
  lmc_context_free(context);
  fprintf(stderr, "\n");
  if (status == LMC_OK) return 0;
  fprintf(stderr, "pipe: %s\n", error.message);
  return (int)status;
}
