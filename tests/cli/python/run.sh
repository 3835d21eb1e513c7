# A run from Python: trained with a callback, stopped, resumed, evaluated, looked into.
. "$CLI/python.bash"
find_python numpy
"$LOCL" train small.yaml --quiet --set run.dir=whole || fail train
"$LOCL" eval whole --json >whole.json || fail eval
"$python" - <<'PYTHON' || fail python
import json
import math
import os
import pickle
import signal
import threading
import numpy
import locl

# stopped by a callback, then by what a callback raises; resumed, it ends where the command does
seen = []
with locl.Run("small.yaml", callback=lambda event: seen.append(event.moment)) as run:
    assert run.train(lambda event: event.step < 7) is False
    first = run.summary()["step"]
    assert 7 <= first < 64
    try:
        run.train(lambda event: 1 / 0 if event.step > first else None)
        raise SystemExit("nothing was raised")
    except ZeroDivisionError:
        pass
assert "building" in seen or "reading" in seen, seen
events = []
with locl.Run.resume("run") as run:
    second = run.summary()["step"]
    assert first < second < 64
    assert run.train(events.append) is True
    summary = run.summary()
assert summary["step"] == 64 and summary["blocks"] == 2 and summary["network"] == "network"
stepped = [event.step for event in events if event.moment == "stepped"]
assert stepped == list(range(second + 1, 65)), stepped
tested = [event for event in events if event.moment == "tested"]
assert [event.epoch for event in tested] == [1, 2, 3, 4] and len(tested[0].test.blocks) == 2
assert tested[-1].line["kind"] == "test" and tested[-1].line["error"] == tested[-1].test.error
assert open("run/checkpoints/last.safetensors", "rb").read() == open("whole/checkpoints/last.safetensors", "rb").read()
assert len(locl.history("run")) == len(locl.history("whole")) > 4

# Ctrl-C ends a run, saved, though no callback is there; one that returns nothing in particular ends none
with locl.Run("small.yaml", set={"run.dir": "long", "train.epochs": 2000}) as run:
    threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        run.train()
        raise SystemExit("not interrupted")
    except KeyboardInterrupt:
        pass
    assert 0 < run.summary()["step"] < 32000
with locl.Run("small.yaml", set={"run.dir": "short", "train.steps": 3}) as run:
    assert run.train(lambda event: print(event.epoch) if event.moment == "tested" else None) is True

# evaluated: the library's figures, and the same from logits
expected = json.load(open("whole.json"))
with locl.Run.open("run") as run:
    result = run.evaluate()
    assert abs(result.loss - expected["loss"]) < 1e-8 and result.error == expected["error"], result
    images, labels = run.images("test")
    logits, heads = run.logits(images, heads=True)
    some = run.logits(images[5:8])
    mean, std = run.normalisation()
    train, _ = run.images("train", first=10, count=2)
    network = run.network()
    # a stop ends one evaluation, and no other
    run._callback = lambda event: False
    try:
        run.evaluate()
        raise SystemExit("not stopped")
    except locl.Error as error:
        assert error.status == "LOCL_E_INTERRUPTED", error
        copy = pickle.loads(pickle.dumps(error))
        assert (str(copy), copy.status, copy.key) == (str(error), error.status, error.key)
    run._callback = None
    assert run.evaluate().error == result.error
    for wrong in (
        lambda: run.evaluate("validation"),
        lambda: run.images("test", first=99, count=2),
        lambda: run.logits(images[:0]),
        lambda: run.logits(images * numpy.nan),
    ):
        try:
            wrong()
            raise SystemExit("no error")
        except locl.Error as error:
            assert error.status == "LOCL_E_USAGE" and error.message, error
    try:
        run.logits(images[:, :4])
        raise SystemExit("no error")
    except ValueError as error:
        assert "[n, 8, 8, 1]" in str(error)
assert images.shape == (100, 8, 8, 1) and labels.shape == (100,) and train.shape == (2, 8, 8, 1)
pixels = numpy.fromfile("data/t10k-images-idx3-ubyte", numpy.uint8)[16:].reshape(100, 8, 8, 1)
assert numpy.allclose(images, (pixels / 255 - mean) / std, atol=1e-6)
assert (numpy.fromfile("data/t10k-labels-idx1-ubyte", numpy.uint8)[8:] == labels).all()
for values, score in [(logits, result)] + list(zip(heads, result.blocks)):
    values = values.astype(numpy.float64)
    losses = numpy.log(numpy.exp(values).sum(1)) - values[numpy.arange(100), labels]
    assert abs(losses.mean() - score.loss) < 1e-5, (losses.mean(), score)
    assert abs((values.argmax(1) != labels).mean() - score.error) < 1e-9
assert numpy.allclose(some, logits[5:8], atol=1e-5)
assert network["classes"] == logits.shape[1] and network["image"] == [8, 8, 1] and len(network["blocks"]) == 2

# files: a checkpoint as arrays, written and read
best, state = locl.checkpoint("run", "best"), locl.checkpoint("run", state=True)
assert best["blocks.0.channel.weight"].shape == (16, 32) and "momentum.classifier.bias" in state
locl.write_tensors("copy.safetensors", best)
again = locl.read_tensors("copy.safetensors")
assert again.keys() == best.keys() and all((again[name] == best[name]).all() for name in best)
with locl.Run.open(checkpoint="copy.safetensors", config="run/config.yaml") as run:
    assert abs(run.evaluate("test").error - json.load(open("whole.json"))["error"]) < 0.5

# a step from outside: its loss is that of its logits
probed = locl.probe("run/config.yaml", {"images": images[:8], "labels": labels[:8], **locl.checkpoint("run")})
assert numpy.allclose(probed["logits"], logits[:8], atol=1e-5) and probed["grad.blocks.1.token.weight"].shape == (4, 4)
assert math.isfinite(probed["loss"][0])

# errors are those of the command
for call, status in (
    (lambda: locl.Run("nowhere.yaml"), "LOCL_E_CONFIG"),
    (lambda: locl.Run("small.yaml", set={"data.batch": "many"}), "LOCL_E_CONFIG"),
    (lambda: locl.Run("small.yaml"), "LOCL_E_USAGE"),
    (lambda: locl.Run.resume("nowhere"), "LOCL_E_CONFIG"),
):
    try:
        call()
        raise SystemExit("no error")
    except locl.Error as error:
        assert error.status == status and error.message in str(error), repr(error)
run = locl.Run.open("run")
run.close()
run.close()
try:
    run.evaluate()
    raise SystemExit("no error")
except ValueError:
    pass
open("cut.safetensors", "wb").write(open("copy.safetensors", "rb").read()[:-3])
for name in "cut.safetensors", "small.yaml":
    try:
        locl.read_tensors(name)
        raise SystemExit("no error")
    except ValueError as error:
        assert name in str(error)

# what is given wrongly is told as such, and the run goes on to be of use
def raises(kind, text, call):
    try:
        call()
    except kind as error:
        assert text in str(error), repr(error)
    else:
        raise SystemExit(f"no error that says {text}")


raises(TypeError, "should be a dict", lambda: locl.Run("small.yaml", set=["train.epochs=1"]))
raises(TypeError, "should be a text", lambda: locl.Run("small.yaml", devices=["0:0"]))
raises(ValueError, "null byte", lambda: locl.Run("small.yaml\0x"))
raises(ValueError, "__metadata__", lambda: locl.write_tensors("named.safetensors", {"__metadata__": best["classifier.bias"]}))
with locl.Run("small.yaml", set={"run.dir": "inner", "train.epochs": 1}) as run:
    raises(ValueError, "images -1 to 1", lambda: run.images("test", -1, 2))
    raises(ValueError, "split test has 100", lambda: run.images("test", 2**64, 1))
    raises(RuntimeError, "nothing else of the library", lambda: run.train(lambda event: run.evaluate()))
    raises(RuntimeError, "cannot be closed within", lambda: run.train(lambda event: run.close()))
    assert run.train() is True
with open("deep.safetensors", "wb") as file:
    file.write((100000).to_bytes(8, "little") + b"[" * 100000)
raises(ValueError, "deep.safetensors", lambda: locl.read_tensors("deep.safetensors"))
with open("inner/metrics.jsonl", "ab") as file:
    file.write(b"[" * 100000 + b'\n7\n{"kind": "tra')
lines = locl.history("inner")
assert lines and all(isinstance(line, dict) for line in lines)
assert locl.devices()["devices"] and locl.version().count(".") == 2
PYTHON
