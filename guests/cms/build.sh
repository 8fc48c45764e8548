#!/bin/sh
# Rebuilds cms.elf (or the file named as the first argument) from the sources beside it. Needs nasm and nothing else.
set -eu
output=$(realpath -m "${1:-"$(dirname "$0")/cms.elf"}")
cd "$(dirname "$0")"
exec nasm -f bin -Ox -o "$output" cms.asm
