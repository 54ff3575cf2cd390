"""wasmtime as a host that stays: compiles a module once, and runs it for each line on stdin. Prints milliseconds."""
import os
import sys
import tempfile
import time

import wasmtime

engine = wasmtime.Engine()
began = time.perf_counter()
module = wasmtime.Module.from_file(engine, sys.argv[1])
print((time.perf_counter() - began) * 1000, flush=True)
linker = wasmtime.Linker(engine)
linker.define_wasi()
for _ in sys.stdin:
    began = time.perf_counter()
    store = wasmtime.Store(engine)
    wasi = wasmtime.WasiConfig()
    wasi.argv = ["app"]
    wasi.stdin_file = sys.argv[2]
    wasi.stdout_file = os.devnull
    store.set_wasi(wasi)
    try:
        linker.instantiate(store, module).exports(store)["_start"](store)
    except wasmtime.ExitTrap as ended:
        assert ended.code == 0
    print((time.perf_counter() - began) * 1000, flush=True)
