# Runs a program of preview 1 in wasmtime, by its own Python package: `python3 wasmtime-files.py PROGRAM FOLDER`. The
# folder is /data in the guest; stdio is this process's.
import sys

from wasmtime import Config, Engine, Linker, Module, Store, WasiConfig

program, folder = sys.argv[1:3]
config = Config()
config.cranelift_opt_level = "speed"
engine = Engine(config)
linker = Linker(engine)
linker.define_wasi()
wasi = WasiConfig()
wasi.argv = ["prog", "/data"]
wasi.preopen_dir(folder, "/data")
wasi.inherit_stdin()
wasi.inherit_stdout()
wasi.inherit_stderr()
store = Store(engine)
store.set_wasi(wasi)
instance = linker.instantiate(store, Module.from_file(engine, program))
instance.exports(store)["_start"](store)
