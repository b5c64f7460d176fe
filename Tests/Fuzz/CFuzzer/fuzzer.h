#pragma once
#include <stddef.h>
#include <stdint.h>

// libFuzzer, called from a program that has its own main.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));
