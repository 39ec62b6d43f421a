// SPDX-License-Identifier: GPL-2.0
/* Without libFuzzer: run the files named through the target, each and cut short. */
#include "fuzz.h"

#define INPUT_MAX 65536

static size_t replay(const char *path)
{
	static u8 input[INPUT_MAX];
	FILE *file = fopen(path, "rb");
	size_t len, cut;

	if (!file) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	len = fread(input, 1, sizeof(input), file);
	fclose(file);
	for (cut = 0; cut <= 64 && cut <= len; cut++)
		LLVMFuzzerTestOneInput(input, len - cut);
	return len;
}

int main(int argc, char **argv)
{
	size_t bytes = 0;
	int i;

	for (i = 1; i < argc; i++)
		bytes += replay(argv[i]);
	printf("# %d seeds, %zu bytes\n", argc - 1, bytes);
	return argc > 1 && bytes ? EXIT_SUCCESS : EXIT_FAILURE;
}
