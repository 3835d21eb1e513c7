"""Holds the event files of a run against its metrics.jsonl: each line once, with the same values. Reads them by hand, and
by TensorBoard's own reader where that can be imported.

    check_events.py RUN [tensorboard]      the second argument: it has to be there"""
import glob
import json
import struct
import sys


def checksum(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(path):
    data = open(path, "rb").read()
    at = 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        assert struct.unpack_from("<I", data, at + 8)[0] == checksum(data[at : at + 8]), f"{path}: length"
        record = data[at + 12 : at + 12 + length]
        assert struct.unpack_from("<I", data, at + 12 + length)[0] == checksum(record), f"{path}: record"
        yield record
        at += 16 + length


def fields(message):
    """Yields (number, value) of a protocol buffer's message."""

    def varint(at):
        value = shift = 0
        while True:
            byte = message[at]
            value |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if byte < 0x80:
                return value, at

    at = 0
    while at < len(message):
        key, at = varint(at)
        kind = key & 7
        if kind == 0:
            value, at = varint(at)
        elif kind == 2:
            length, at = varint(at)
            value, at = message[at : at + length], at + length
        else:
            size = {1: 8, 5: 4}[kind]
            value, at = message[at : at + size], at + size
        yield key >> 3, value


def by_hand(path):
    """Returns [(wall time, step, {tag: value})], without the event that says the version."""
    events = []
    for index, record in enumerate(records(path)):
        event = dict(fields(record))
        if index == 0:
            assert event[3] == b"brain.Event:2", event
            continue
        values = {}
        for number, value in fields(event[5]):
            assert number == 1
            value = dict(fields(value))
            values[value[1].decode()] = struct.unpack("<f", value[2])[0]
        events.append((struct.unpack("<d", event[1])[0], event[2], values))
    return events


def by_tensorboard(path):
    from tensorboard.backend.event_processing import event_file_loader
    from tensorboard.util import tensor_util

    events = []
    for event in event_file_loader.EventFileLoader(path).Load():
        if event.HasField("summary"):
            values = {v.tag: float(tensor_util.make_ndarray(v.tensor)) for v in event.summary.value}
            events.append((event.wall_time, event.step, values))
    return events


def single(value):
    return float("nan") if value is None else struct.unpack("<f", struct.pack("<f", value))[0]


def expected(line):
    values = {}
    for head, score in [("classifier", line)] + [(f"block_{k}", b) for k, b in enumerate(line["blocks"])]:
        values[f"loss/{head}"] = single(score["loss"])
        values[f"error/{head}"] = single(score["error"])
    if line.get("images_per_second"):
        values["images_per_second"] = single(line["images_per_second"])
    return values


def check(found, lines, path):
    assert [step for _, step, _ in found] == [line["step"] for line in lines], f"{path}: other steps"
    assert all(a[0] <= b[0] for a, b in zip(found, found[1:])), f"{path}: times"
    for (_, step, values), line in zip(found, lines):
        wanted = expected(line)
        assert values.keys() == wanted.keys(), f"{path}: step {step}: {values} {wanted}"
        for tag, value in wanted.items():
            close = values[tag] == value or abs(values[tag] - value) <= 1e-6 * abs(value)
            assert close, f"{path}: step {step}: {tag} is {values[tag]}, should be {value}"


def main(run, *more):
    readers = [by_hand]
    try:
        import tensorboard  # noqa: F401

        readers.append(by_tensorboard)
    except ImportError:
        assert not more, "no TensorBoard"
    metrics = [json.loads(line) for line in open(f"{run}/metrics.jsonl")]
    for kind in "train", "test":
        (path,) = glob.glob(f"{run}/tensorboard/{kind}/*.tfevents.*")
        lines = [line for line in metrics if line["kind"] == kind]
        assert lines
        for reader in readers:
            check(reader(path), lines, path)


main(*sys.argv[1:])
