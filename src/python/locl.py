"""locl from Python: training without backpropagation on any OpenCL device. One file, over the installed library by ctypes;
it needs numpy, and torch for torch_module() alone. docs/python.md says more.

    import locl

    with locl.Run("configs/fashion-mnist.yaml", set={"train.epochs": 1, "run.dir": "runs/try"}) as run:
        run.train(lambda event: print(event.epoch, event.test.error) if event.moment == "tested" else None)
        print(run.evaluate("test").error)
    weights = locl.checkpoint("runs/try")["blocks.0.channel.weight"]     # [in, H], a numpy array
"""

import contextlib
import ctypes
import ctypes.util
import json
import logging
import os
import signal
import struct
import tempfile
import threading
import warnings

import numpy

__all__ = [
    "Error", "Event", "Result", "Run", "Score", "checkpoint", "devices", "history", "load_library", "probe", "read_tensors",
    "torch_module", "version", "write_tensors",
]  # fmt: skip

VERSION = (0, 1)  # major and minor of the library whose structs these are

_log = logging.getLogger("locl")


# ---- structs of include/locl, member by member; tests/cli/python/structs.sh holds them against the headers ----


class _Error(ctypes.Structure):
    _fields_ = [
        ("status", ctypes.c_int),
        ("where", ctypes.c_char * 512),
        ("message", ctypes.c_char * 4096),
        ("remedy", ctypes.c_char * 1024),
        ("key", ctypes.c_char * 64),
        ("device", ctypes.c_int),
        ("stage", ctypes.c_int),
        ("step", ctypes.c_int64),
    ]


class _Score(ctypes.Structure):
    _fields_ = [("loss", ctypes.c_double), ("error", ctypes.c_double)]


class _Result(ctypes.Structure):
    _fields_ = [
        ("split", ctypes.c_char_p),
        ("images", ctypes.c_uint64),
        ("step", ctypes.c_uint64),
        ("classifier", _Score),
        ("block", ctypes.POINTER(_Score)),
        ("blocks", ctypes.c_size_t),
    ]


class _Event(ctypes.Structure):
    _fields_ = [
        ("moment", ctypes.c_int),
        ("step", ctypes.c_uint64),
        ("steps", ctypes.c_uint64),
        ("epoch", ctypes.c_uint64),
        ("epochs", ctypes.c_uint64),
        ("images_per_second", ctypes.c_double),
        ("busy", ctypes.POINTER(ctypes.c_double)),
        ("devices", ctypes.c_size_t),
        ("seconds_left", ctypes.c_double),
        ("train", ctypes.POINTER(_Result)),
        ("test", ctypes.POINTER(_Result)),
        ("stage", ctypes.c_char_p),
        ("done", ctypes.c_size_t),
        ("total", ctypes.c_size_t),
        ("json", ctypes.c_char_p),
    ]


_Handler = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(_Event))


class _Setup(ctypes.Structure):
    _fields_ = [
        ("purpose", ctypes.c_int),
        ("config", ctypes.c_char_p),
        ("folder", ctypes.c_char_p),
        ("checkpoint", ctypes.c_char_p),
        ("set", ctypes.POINTER(ctypes.c_char_p)),
        ("sets", ctypes.c_size_t),
        ("devices", ctypes.c_char_p),
        ("profile", ctypes.c_bool),
        ("trace", ctypes.c_char_p),
        ("trace_first", ctypes.c_uint64),
        ("trace_last", ctypes.c_uint64),
        ("handler", _Handler),
        ("user", ctypes.c_void_p),
    ]


class _Summary(ctypes.Structure):
    _fields_ = [
        ("folder", ctypes.c_char_p),
        ("network", ctypes.c_char_p),
        ("step", ctypes.c_uint64),
        ("steps", ctypes.c_uint64),
        ("steps_per_epoch", ctypes.c_uint64),
        ("epochs", ctypes.c_uint64),
        ("blocks", ctypes.c_size_t),
        ("stages", ctypes.c_size_t),
        ("devices", ctypes.c_size_t),
        ("parameters", ctypes.c_uint64),
        ("train_images", ctypes.c_uint64),
        ("test_images", ctypes.c_uint64),
        ("train", _Result),
        ("test", _Result),
        ("best_error", ctypes.c_double),
        ("best_step", ctypes.c_uint64),
        ("seconds", ctypes.c_double),
        ("images_per_second", ctypes.c_double),
        ("idle", ctypes.c_double),
    ]


class _Shape(ctypes.Structure):
    _fields_ = [
        ("height", ctypes.c_size_t),
        ("width", ctypes.c_size_t),
        ("channels", ctypes.c_size_t),
        ("classes", ctypes.c_size_t),
        ("blocks", ctypes.c_size_t),
        ("images", ctypes.c_size_t),
        ("mean", ctypes.c_double * 3),
        ("std", ctypes.c_double * 3),
    ]


class _ProbeSetup(ctypes.Structure):
    _fields_ = [
        ("config", ctypes.c_char_p),
        ("in", ctypes.c_char_p),
        ("out", ctypes.c_char_p),
        ("set", ctypes.POINTER(ctypes.c_char_p)),
        ("sets", ctypes.c_size_t),
        ("devices", ctypes.c_char_p),
    ]


class _ProbeResult(ctypes.Structure):
    _fields_ = [
        ("device", ctypes.c_char * 32),
        ("name", ctypes.c_char * 128),
        ("out", ctypes.c_char_p),
        ("tensors", ctypes.c_size_t),
    ]


# ---- the library ----

_NEW, _RESUME, _EVALUATE = range(3)
_INTERRUPTED = "LOCL_E_INTERRUPTED"
_MOMENTS = "reading building started stepped measured testing tested saved lost auditing ended".split()
_Log = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p)
_library = None
_within = threading.local()  # .run: whose callback this thread is in


def _candidates():
    """Where liblocl.so may be: as told, beside an installed or built module, where the linker looks."""
    if os.environ.get("LOCL_LIBRARY"):
        return [os.environ["LOCL_LIBRARY"]]
    here = os.path.dirname(os.path.abspath(__file__))
    prefix = os.path.dirname(os.path.dirname(os.path.dirname(here)))  # PREFIX/share/locl/python
    names = [os.path.join(prefix, "lib", "liblocl.so"), os.path.join(prefix, "lib64", "liblocl.so")]
    lib = os.path.join(prefix, "lib")
    if os.path.isdir(lib):  # Debian's lib/<machine>
        names += [os.path.join(lib, name, "liblocl.so") for name in sorted(os.listdir(lib)) if "-linux-" in name]
    names.append(os.path.join(os.path.dirname(os.path.dirname(here)), "build", "lib", "liblocl.so"))
    found = [name for name in names if os.path.exists(name)]
    return found + [ctypes.util.find_library("locl") or "liblocl.so"]


@_Log
def _take_log(_user, level, text):
    _log.log((logging.DEBUG, logging.INFO, logging.WARNING)[min(level, 2)], "%s", text.decode(errors="replace"))


def load_library(path=None):
    """Loads liblocl.so: from `path`, else $LOCL_LIBRARY, else where it is installed or built beside this file. Called by
    everything else here. Its log events go to the logger "locl"."""
    global _library
    if _library is not None:
        return _library
    tried = [path] if path else _candidates()
    try:
        library = ctypes.CDLL(tried[0])
    except OSError as error:
        raise ImportError(f"locl's library cannot be loaded ({error}); LOCL_LIBRARY=.../liblocl.so says where it is") from None
    library.locl_version.restype = ctypes.c_char_p
    number = library.locl_version_number()
    if (number // 10000, number // 100 % 100) != VERSION:
        found = library.locl_version().decode()
        raise ImportError(f"{tried[0]} is locl {found}, this module is for {VERSION[0]}.{VERSION[1]}")
    library.locl_status_name.restype = ctypes.c_char_p
    for name in ("locl_run_stop", "locl_run_close", "locl_inventory_close"):
        getattr(library, name).argtypes = [ctypes.c_void_p]
        getattr(library, name).restype = None
    library.locl_log_set_handler(_take_log, None)
    _library = library
    return library


def version():
    """Returns the library's version, "0.1.0"."""
    return load_library().locl_version().decode()


class Error(Exception):
    """What a call of the library says went wrong: `status` ("LOCL_E_CONFIG"), `message`, `where`, `remedy`, `key`."""

    def __init__(self, status, message, where="", remedy="", key=""):
        super().__init__(status, message, where, remedy, key)  # what a copy in another process is made of
        self.status, self.message, self.where, self.remedy, self.key = status, message, where, remedy, key

    def __str__(self):
        where = f"{self.where}: " if self.where else ""
        remedy = f"\n  remedy: {self.remedy}" if self.remedy else ""
        return f"{where}{self.message}{remedy}"


def _call(name, *arguments):
    """Calls a function that returns a status and takes an error record last."""
    if getattr(_within, "run", None) is not None:
        raise RuntimeError("within a callback nothing else of the library may be called; return False to end the run")
    record = _Error()
    if getattr(load_library(), name)(*arguments, ctypes.byref(record)) != 0:
        status = load_library().locl_status_name(record.status)
        raise Error(*(t.decode(errors="replace") for t in (status, record.message, record.where, record.remedy, record.key)))


def _json(name, *arguments):
    """Calls a function that writes JSON, and frees it."""
    text = ctypes.c_void_p()
    _call(name, *arguments, ctypes.byref(text))
    free = ctypes.CDLL(None).free
    free.argtypes = [ctypes.c_void_p]
    try:
        return json.loads(ctypes.string_at(text))
    finally:
        free(text)


def _path(path):
    encoded = None if path is None else os.fsencode(path)
    if encoded and b"\0" in encoded:  # the library would open the file of what is before it
        raise ValueError("embedded null byte")
    return encoded


def _text(value):
    """Writes a value as `--set` takes it: mappings and lists as YAML, which JSON is."""
    if isinstance(value, bool) or value is None or isinstance(value, (dict, list, tuple)):
        return json.dumps(value)
    return str(value)


def _devices(given):
    if given is not None and not isinstance(given, str):
        raise TypeError(f'devices is {given!r}: should be a text as --device takes it, "0:0"')
    return given.encode() if given else None


def _sets(given):
    if given is not None and not hasattr(given, "items"):
        raise TypeError(f'set is {given!r}: should be a dict, {{"train.epochs": 2}}')
    texts = [f"{key}={_text(value)}".encode() for key, value in (given or {}).items()]
    return (ctypes.c_char_p * max(len(texts), 1))(*texts), len(texts)


# ---- results and events ----


class Score:
    """`loss`, a mean cross entropy, and `error`, a fraction of images."""

    def __init__(self, score):
        self.loss, self.error = score.loss, score.error

    def __repr__(self):
        return f"Score(loss={self.loss:.6g}, error={self.error:.6g})"


class Result:
    """Means over `images` of a `split`, after `step` steps: `loss` and `error` of the classifier, `blocks` of each head."""

    def __init__(self, result):
        self.split, self.images, self.step = result.split.decode(), result.images, result.step
        self.loss, self.error = result.classifier.loss, result.classifier.error
        self.blocks = [Score(result.block[k]) for k in range(result.blocks)]

    def __repr__(self):
        return f"Result({self.split}, step {self.step}, loss={self.loss:.6g}, error={self.error:.6g})"


def _result(result):
    return Result(result) if result.images else None


class Event:
    """What a callback gets: `moment` ("reading", "building", "started", "stepped", "measured", "testing", "tested", "saved",
    "lost", "ended"), `step` of `steps`, `epoch` of `epochs`, `images_per_second` (0: not known), `train` and `test` (a
    Result or None), `stage`, `done` and `total` of reading, building and testing, and `line`, what metrics.jsonl got."""

    def __init__(self, event):
        known = event.moment < len(_MOMENTS)
        self.moment = _MOMENTS[event.moment] if known else "other"
        self.step, self.steps, self.epoch, self.epochs = event.step, event.steps, event.epoch, event.epochs
        self.images_per_second, self.seconds_left = event.images_per_second, event.seconds_left
        self.train = _result(event.train.contents) if event.train else None
        self.test = _result(event.test.contents) if event.test else None
        self.stage = event.stage.decode(errors="replace") if event.stage else None
        self.done, self.total = event.done, event.total
        self.line = json.loads(event.json) if event.json else None

    def __repr__(self):
        return f"Event({self.moment}, step {self.step} of {self.steps})"


# ---- runs ----


class Run:
    """A configuration with its data, devices, network and folder. Belongs to one thread at a time; close it, or use `with`.

        Run("config.yaml")                       a new run, to train
        Run.resume("runs/name")                  goes on from its last checkpoint
        Run.open("runs/name")                    to evaluate its last checkpoint
        Run.open(checkpoint="x.safetensors", config="config.yaml")"""

    def __init__(self, config, set=None, devices=None, callback=None, _purpose=_NEW, _folder=None, _checkpoint=None):
        self._run = ctypes.c_void_p()
        self._callback, self._raised = callback, None
        self._handler = _Handler(self._take)
        values, count = _sets(set)
        setup = _Setup(
            purpose=_purpose,
            config=_path(config),
            folder=_path(_folder),
            checkpoint=_path(_checkpoint),
            set=values,
            sets=count,
            devices=_devices(devices),
            handler=self._handler,
        )
        try:
            _call("locl_run_open", ctypes.byref(setup), ctypes.byref(self._run))
        finally:
            self._raise()

    @classmethod
    def resume(cls, folder, set=None, devices=None, callback=None):
        """Opens a run to go on from its last checkpoint. `set` takes what `locl train --resume --set` does."""
        return cls(None, set, devices, callback, _RESUME, folder)

    @classmethod
    def open(cls, folder=None, checkpoint=None, config=None, set=None, devices=None, callback=None):
        """Opens the last checkpoint of a run's folder, or a checkpoint and its configuration, to evaluate."""
        return cls(config, set, devices, callback, _EVALUATE, folder, checkpoint)

    def close(self):
        if getattr(_within, "run", None) is self:
            raise RuntimeError("a run cannot be closed within its callback; return False to end it")
        if self._run:
            load_library().locl_run_close(self._run)
            self._run = ctypes.c_void_p()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        if getattr(self, "_run", None) and _library is not None:
            self.close()

    def _handle(self):
        if not self._run:
            raise ValueError("the run is closed")
        return self._run

    def _take(self, _user, event):
        """Passes an event on. Nothing may be raised through the library: it stops, and _raise() raises after it."""
        if self._callback is None or self._raised is not None:
            return
        _within.run = self
        try:
            if self._callback(Event(event.contents)) is False and self._run:
                load_library().locl_run_stop(self._run)
        except BaseException as error:  # KeyboardInterrupt too
            self._raised = error
            if self._run:
                load_library().locl_run_stop(self._run)
        finally:
            _within.run = None

    @contextlib.contextmanager
    def _interruptible(self):
        """Ctrl-C stops the run while the library has the thread. Python would act on it first in _take(), and lose it."""
        if threading.current_thread() is not threading.main_thread() or not callable(signal.getsignal(signal.SIGINT)):
            yield
            return

        def stop(_number, _frame):
            self._raised = self._raised or KeyboardInterrupt()
            if self._run:
                load_library().locl_run_stop(self._run)

        before = signal.signal(signal.SIGINT, stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _raise(self):
        raised, self._raised = self._raised, None
        if raised is not None:
            raise raised

    def train(self, callback=None):
        """Trains to the end of the run, and returns True. `callback` gets an Event after every step and at other moments.
        Where it returns False the run ends after the step, saved, and this returns False; what it raises ends the run in
        the same way, and is raised here. So does Ctrl-C, in the main thread."""
        before, self._callback = self._callback, callback or self._callback
        try:
            with self._interruptible():
                _call("locl_run_train", self._handle())
            return True
        except Error as error:
            if self._raised is None and error.status != _INTERRUPTED:
                raise
            return False
        finally:
            self._callback = before
            self._raise()

    def evaluate(self, split="test"):
        """Returns a Result: loss and error on a split, "test" or "train", with the parameters as they are."""
        result = _Result()
        try:
            with self._interruptible():
                _call("locl_run_evaluate", self._handle(), split.encode(), ctypes.byref(result))
        except Error:
            if self._raised is None:
                raise
        finally:
            self._raise()
        return Result(result)

    def summary(self):
        """Returns what the run is and how far: a dict."""
        s = _Summary()
        load_library().locl_run_summarise(self._handle(), ctypes.byref(s))
        values = {name: getattr(s, name) for name, _ in _Summary._fields_}
        values.update(folder=os.fsdecode(s.folder), network=s.network.decode(), train=_result(s.train), test=_result(s.test))
        return values

    def _shape(self, split):
        shape = _Shape()
        _call("locl_run_measure_split", self._handle(), split.encode(), ctypes.byref(shape))
        return shape

    def normalisation(self, split="test"):
        """Returns (mean, std), a value per channel: the network gets (pixels in [0, 1] - mean) / std."""
        shape = self._shape(split)
        return numpy.array(shape.mean[: shape.channels]), numpy.array(shape.std[: shape.channels])

    def images(self, split="test", first=0, count=None):
        """Returns images of a split as the network gets them, normalised float32 [count,h,w,c], and labels [count]."""
        shape = self._shape(split)
        count = max(shape.images - first, 0) if count is None else count
        if first < 0 or count < 0 or first + count >= 1 << 62:  # what a size_t would make of them is another number
            raise ValueError(f"images {first} to {first + count}: split {split} has {shape.images}")
        images = numpy.empty((count, shape.height, shape.width, shape.channels), numpy.float32)
        labels = numpy.empty(count, numpy.int32)
        _call(
            "locl_run_images", self._handle(), split.encode(), ctypes.c_size_t(first), ctypes.c_size_t(count),
            images.ctypes.data_as(ctypes.c_void_p), labels.ctypes.data_as(ctypes.c_void_p),
        )  # fmt: skip
        return images, labels

    def logits(self, images, heads=False):
        """Returns the classifier's logits [n,K] for normalised images [n,h,w,c], as the run's network gives them in
        evaluation; with `heads` also those of the blocks' heads, [blocks,n,K]."""
        shape = self._shape("test")
        images = numpy.ascontiguousarray(images, numpy.float32)
        wanted = (shape.height, shape.width, shape.channels)
        if images.ndim != 4 or images.shape[1:] != wanted:
            raise ValueError(f"images of shape {images.shape}: should be [n, {wanted[0]}, {wanted[1]}, {wanted[2]}]")
        count = images.shape[0]
        logits = numpy.empty((count, shape.classes), numpy.float32)
        blocks = numpy.empty((shape.blocks, count, shape.classes), numpy.float32) if heads else None
        _call(
            "locl_run_logits", self._handle(), images.ctypes.data_as(ctypes.c_void_p), ctypes.c_size_t(count),
            logits.ctypes.data_as(ctypes.c_void_p), blocks.ctypes.data_as(ctypes.c_void_p) if heads else None,
        )  # fmt: skip
        return (logits, blocks) if heads else logits

    def network(self):
        """Returns the network's shape: a dict, see docs/python.md."""
        return _json("locl_run_network_to_json", self._handle())


# ---- files ----

_DTYPES = {"F32": "<f4", "F64": "<f8", "F16": "<f2", "I32": "<i4", "I64": "<i8", "U8": "|u1", "I8": "|i1", "BOOL": "|b1"}


def read_tensors(path, metadata=False):
    """Reads a safetensors file as a dict of arrays; with `metadata` returns (arrays, dict of strings)."""
    with open(path, "rb") as file:
        data = file.read()
    length = struct.unpack_from("<Q", data)[0] if len(data) >= 8 else -1
    if not 0 <= length <= len(data) - 8:
        raise ValueError(f"{path}: no safetensors file, or cut short")
    try:
        header = json.loads(data[8 : 8 + length])
        strings = header.pop("__metadata__", {})
        arrays = {}
        for name, entry in header.items():
            begin, end = entry["data_offsets"]
            body = data[8 + length + begin : 8 + length + end]
            arrays[name] = numpy.frombuffer(body, _DTYPES[entry["dtype"]]).reshape(entry["shape"]).copy()
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: no safetensors file, or damaged: {error!r}") from None
    return (arrays, strings) if metadata else arrays


def write_tensors(path, arrays):
    """Writes arrays of float32, int32 or int64 as a safetensors file."""
    header, bodies, at = {}, [], 0
    names = {numpy.dtype(dtype): name for name, dtype in _DTYPES.items() if name in ("F32", "I32", "I64")}
    for name, array in arrays.items():
        array = numpy.asarray(array)
        if name == "__metadata__":
            raise ValueError("a tensor cannot be called __metadata__")
        if array.dtype not in names:
            raise TypeError(f"{name} is of {array.dtype}: should be float32, int32 or int64")
        body = array.tobytes()
        header[name] = {"dtype": names[array.dtype], "shape": list(array.shape), "data_offsets": [at, at + len(body)]}
        bodies.append(body)
        at += len(body)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(bodies))


def checkpoint(run, which="last", state=False):
    """Reads a checkpoint of a run's folder, "last", "best" or "previous": a dict of arrays by the names of docs/spec.md,
    section 8. `run` may also be the file itself. Without `state` only parameters, running statistics, feedback and
    mirrors, without the optimiser's state."""
    path = os.path.join(run, "checkpoints", f"{which}.safetensors") if os.path.isdir(run) else run
    arrays = read_tensors(path)
    if state:
        return arrays
    return {name: array for name, array in arrays.items() if name.startswith(("blocks.", "classifier."))}


def history(run):
    """Returns the lines of a run's metrics.jsonl as dicts; warns of those that are damaged and leaves them out."""
    lines = []
    path = os.path.join(run, "metrics.jsonl")
    with open(path, encoding="utf-8", errors="replace") as file:
        for number, text in enumerate(file, 1):
            try:
                line = json.loads(text)
            except (RecursionError, ValueError):
                line = None
            if isinstance(line, dict):
                lines.append(line)
            else:
                warnings.warn(f"{path}:{number}: a damaged line is left out")
    return lines


def probe(config, tensors, set=None, devices=None):
    """Runs one step of a configuration's rule on given tensors (docs/probe.md): `images`, `labels`, all parameters, perhaps
    draws. Returns what it computed: `logits`, `loss`, `grad.<parameter>`, `jvp.<m>...`."""
    with tempfile.TemporaryDirectory(prefix="locl-") as folder:
        given, computed = os.path.join(folder, "in.safetensors"), os.path.join(folder, "out.safetensors")
        write_tensors(given, tensors)
        values, count = _sets(set)
        setup = _ProbeSetup(_path(config), _path(given), _path(computed), values, count, _devices(devices))
        result = _ProbeResult()
        _call("locl_probe_run", ctypes.byref(setup), ctypes.byref(result))
        return read_tensors(computed)


def devices(try_them=False):
    """Returns what `locl devices --json` prints: a dict. `try_them` also builds a trial kernel on each."""
    inventory = ctypes.c_void_p()
    _call("locl_inventory_open", int(try_them), ctypes.byref(inventory))
    try:
        return _json("locl_inventory_to_json", inventory)
    finally:
        load_library().locl_inventory_close(inventory)


# ---- the network in torch ----


def torch_module(run, which="last"):
    """Returns a torch.nn.Module that computes what the network of a run does in evaluation, with the parameters of a
    checkpoint ("last", "best" or "previous"). `run` is its folder. Called with normalised images [n,h,w,c] it returns
    logits [n,K]; heads(images) those of the blocks too, [blocks,n,K]. The names of its state_dict() are those of the
    checkpoint. It can be differentiated and trained by torch, where batch norm keeps to its running statistics."""
    with Run.open(run) as opened:
        network = opened.network()
    return _module(network, checkpoint(run, which))


def _module(network, arrays):
    import torch
    from torch import nn
    from torch.nn import functional

    EPSILON = 1e-5

    def layer_norm(x, on=True):
        """LN over the last axis, with no affine part."""
        return functional.layer_norm(x, x.shape[-1:], eps=EPSILON) if on else x

    class Tensors(nn.Module):
        """What a checkpoint has under one name: weight and bias, and with batch norm running statistics."""

        def __init__(self, prefix):
            super().__init__()
            for part in ("weight", "bias"):
                self.register_parameter(part, nn.Parameter(torch.from_numpy(arrays[f"{prefix}.{part}"])))
            for part in ("running_mean", "running_var"):
                if f"{prefix}.{part}" in arrays:
                    self.register_buffer(part, torch.from_numpy(arrays[f"{prefix}.{part}"]))

    class Layer(Tensors):
        """A linear layer of a block, with the norm behind it."""

        def __init__(self, prefix, shape):
            super().__init__(prefix)
            self.shape = shape

        def norm(self, z, bias, groups=1):
            """z [n,P,width] is without the bias, which batch norm cancels."""
            if network["norm"] == "batch":
                return (z - self.running_mean) / torch.sqrt(self.running_var + EPSILON)
            z = z + bias
            if network["norm"] == "sample":
                return functional.layer_norm(z, z.shape[1:], eps=EPSILON)
            n, patches, width = z.shape
            grouped = z.reshape(n, patches, groups, width // groups)
            return layer_norm(grouped, network["post_linear_ln"]).reshape(n, patches, width)

    class Token(Layer):
        """Mixes patches, each channel on its own: y[q] = sum_p x[p] W[p,q], or a depthwise convolution of the map."""

        def forward(self, x):  # [n,P,D]
            n, patches, width = x.shape
            if self.shape["token"] == "linear":
                return torch.relu(self.norm(torch.einsum("npd,pq->nqd", x, self.weight), self.bias[:, None]))
            side = self.shape["side"]
            maps = x.transpose(1, 2).reshape(n, width, side, side)
            kernel = self.weight.permute(2, 0, 1)[:, None]  # [D,1,k,k]
            z = functional.conv2d(maps, kernel, padding=self.shape["kernel"] // 2, groups=width)
            return torch.relu(self.norm(z.reshape(n, width, patches).transpose(1, 2), self.bias))

    class Channel(Layer):
        """Mixes channels, each patch on its own."""

        def forward(self, x):  # [n,P,in] to [n,P,H]
            return torch.relu(self.norm(x @ self.weight, self.bias))

    class Group(Layer):
        """Mixes channels within groups; the residual is added behind its norm."""

        def forward(self, x, residual):  # [n,P,H] to [n,P,D]
            n, patches, hidden = x.shape
            groups = self.shape["groups"]
            grouped = layer_norm(x.reshape(n, patches, groups, hidden // groups), network["middle_ln"])
            z = torch.einsum("npgi,gio->npgo", grouped, self.weight).reshape(n, patches, -1)
            z = self.norm(z, self.bias.reshape(-1), groups)
            return torch.relu(z if residual is None else z + residual)

    class Head(Tensors):
        """A linear readout of features that are pooled over patches."""

        def __init__(self, prefix, groups):
            super().__init__(prefix)
            self.groups = groups

        def forward(self, x):  # [n,P,D] to [n,K]
            n, patches, width = x.shape
            grouped = layer_norm(x.reshape(n, patches, self.groups, width // self.groups), network["head_ln"])
            return grouped.reshape(n, patches, width).mean(1) @ self.weight + self.bias

    class Classifier(Tensors):
        def forward(self, x):
            return layer_norm(x.mean(1), network["classifier_ln"]) @ self.weight + self.bias

    class Block(nn.Module):
        def __init__(self, index, shape):
            super().__init__()
            prefix = f"blocks.{index}"
            self.shape = shape
            if shape["token"]:
                self.token = Token(f"{prefix}.token", shape)
            self.channel = Channel(f"{prefix}.channel", shape)
            self.group = Group(f"{prefix}.group", shape)
            self.head = Head(f"{prefix}.head", shape["groups"])

        def forward(self, x):  # [n,P,in] to [n,P,D]
            residual = x.repeat(1, 1, self.shape["width"] // self.shape["in"]) if self.shape["token"] else None
            x = layer_norm(x, network["begin_ln"])
            if self.shape["token"]:
                x = layer_norm(self.token(x), network["middle_ln"])
            return self.group(self.channel(x), residual)

        def pool(self, x):
            """3 x 3 windows with a stride, as many outputs as ceil(side / stride); the odd padding cell is the last."""
            stride, side, out = (self.shape[name] for name in ("stride", "side", "next_side"))
            if stride == 1:
                return x
            n, _, width = x.shape
            pad = max((out - 1) * stride + 3 - side, 0)
            around = (pad // 2, pad - pad // 2)
            maps = functional.pad(x.transpose(1, 2).reshape(n, width, side, side), around * 2)  # all values are 0 or more
            pool = functional.avg_pool2d if network["pool"] == "average" else functional.max_pool2d
            pooled = pool(maps, 3, stride)
            return pooled.reshape(n, width, out * out).transpose(1, 2)

    class LocalMixer(nn.Module):
        def __init__(self):
            super().__init__()
            self.blocks = nn.ModuleList(Block(k, shape) for k, shape in enumerate(network["blocks"]))
            self.classifier = Classifier("classifier")

        def patches(self, images):
            """Cuts images [n,h,w,c] into patches [n,P,C], their values in the order row, column, channel."""
            n, height, width, channels = images.shape
            side = network["patches"]
            cut = images.reshape(n, side, height // side, side, width // side, channels).permute(0, 1, 3, 2, 4, 5)
            return cut.reshape(n, side * side, -1)

        def run(self, images):
            x, heads = self.patches(images), []
            for block in self.blocks:
                x = block(x)
                heads.append(block.head(x))
                x = block.pool(x)
            return self.classifier(x), torch.stack(heads)

        def forward(self, images):
            return self.run(images)[0]

        def heads(self, images):
            return self.run(images)[1]

    return LocalMixer().eval()
