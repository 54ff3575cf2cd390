"""Runs a WASI preview 1 command under wasmtime's Python package: GUEST=HOST directories, NAME=VALUE variables.

usage: python3 wasmtime_run.py [--dir GUEST=HOST]... [--read-only GUEST=HOST]... [--env NAME=VALUE]... FILE [ARGUMENT]...

The exit code is the program's; 134 for a trap, as the `wasmtime` command has it.
"""

import argparse
import ctypes
import sys

import wasmtime

parser = argparse.ArgumentParser()
parser.add_argument("--dir", action="append", default=[])
parser.add_argument("--read-only", action="append", default=[])
parser.add_argument("--env", action="append", default=[])
parser.add_argument("--name")
parser.add_argument("file")
parser.add_argument("arguments", nargs=argparse.REMAINDER)
options = parser.parse_args()

config = wasmtime.Config()
# As Go's own misc/wasm script has it: its tests recurse deeply. 8 MiB.
WASM_STACK_BYTES = 8 << 20
# The package has no property for this one, which must be the larger.
set_async_stack_size = wasmtime._ffi.dll.wasmtime_config_async_stack_size_set
set_async_stack_size.argtypes = [ctypes.c_void_p, ctypes.c_uint64]
set_async_stack_size.restype = None
set_async_stack_size(ctypes.cast(config.ptr(), ctypes.c_void_p), 2 * WASM_STACK_BYTES)
config.max_wasm_stack = WASM_STACK_BYTES
engine = wasmtime.Engine(config)
linker = wasmtime.Linker(engine)
linker.define_wasi()
wasi = wasmtime.WasiConfig()
wasi.argv = [options.name or options.file, *options.arguments]
wasi.env = [variable.split("=", 1) for variable in options.env]
wasi.inherit_stdin()
wasi.inherit_stdout()
wasi.inherit_stderr()
for mutable, directories in ((True, options.dir), (False, options.read_only)):
    for directory in directories:
        guest, host = directory.split("=", 1)
        wasi.preopen_dir(host, guest, mutable)
store = wasmtime.Store(engine)
store.set_wasi(wasi)
instance = linker.instantiate(store, wasmtime.Module.from_file(engine, options.file))
try:
    instance.exports(store)["_start"](store)
except wasmtime.ExitTrap as exit_trap:
    sys.exit(exit_trap.code)
except (wasmtime.Trap, wasmtime.WasmtimeError) as trap:
    print(trap, file=sys.stderr)
    sys.exit(134)
