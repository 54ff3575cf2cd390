# Runs a server of preview 1 in wasmtime: `python3 wasmtime-serve.py PACKAGES PROGRAM HOST:PORT`. PACKAGES has version 14:
# the library of later ones has no call any more that gives a guest a listener.
import sys

sys.path.insert(0, sys.argv[1])

from wasmtime import Config, Engine, Linker, Module, Store, WasiConfig  # noqa: E402
from wasmtime import _bindings  # noqa: E402

program, address = sys.argv[2:4]
config = Config()
config.cranelift_opt_level = "speed"
engine = Engine(config)
linker = Linker(engine)
linker.define_wasi()
wasi = WasiConfig()
wasi.argv = ["prog", "serve"]
wasi.env = [("LISTEN_FDS", "1"), ("LISTEN_FDS_START", "3")]
wasi.inherit_stderr()
pointer = wasi.ptr() if callable(getattr(wasi, "ptr", None)) else wasi._ptr
if not _bindings.wasi_config_preopen_socket(pointer, 3, address.encode()):
    sys.exit("it cannot listen")
store = Store(engine)
store.set_wasi(wasi)
instance = linker.instantiate(store, Module.from_file(engine, program))
print(f'{{"address": "{address}"}}', flush=True)
instance.exports(store)["_start"](store)
