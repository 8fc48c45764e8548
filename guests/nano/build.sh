#!/bin/sh
# Rebuilds nano.elf (or the file named as the first argument) from the sources beside it. Needs nasm and nothing else.
set -eu
output=$(realpath -m "${1:-"$(dirname "$0")/nano.elf"}")
cd "$(dirname "$0")"
exec nasm -f bin -Ox -o "$output" nano.asm
