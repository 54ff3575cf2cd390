#!/bin/sh
# Compiles the objects of this folder, which are committed, into a folder (default: this one).
# Needs clang 14 or later and libbpf's headers.
set -e
out=$(realpath "${1:-$(dirname "$0")}")
cd "$(dirname "$0")"
compile() {
  source=$1
  object=$2
  shift 2
  clang -g -O2 -Wall -D__TARGET_ARCH_x86 -I"/usr/include/$(uname -m)-linux-gnu" \
    -fdebug-compilation-dir=. "$@" -c "$source" -o "$out/$object"
  # BTF stays; DWARF is larger than all the rest.
  llvm-strip -g "$out/$object"
}
for source in *.bpf.c; do
  compile "$source" "${source%.c}.o" -target bpf
done
compile relocations.bpf.c relocations.target.bpf.o -target bpf -DTARGET
compile map-kinds.bpf.c map-kinds.big-endian.bpf.o -target bpfeb
