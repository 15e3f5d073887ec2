#!/usr/bin/env python3
"""Reads one partition of a Penstock log by docs/event-log-format.md alone, with nothing but Python's standard library.

    read_log.py LOG TOPIC [PARTITION]

Prints one JSON object a record: offset, time, key_hash (or null), attributes and payload in hexadecimal, payload_codec; or offset and
control for a control record. All that is read is checked; the first thing that is wrong ends the program with status 65.

For a log that nobody is writing to. It does without the head file, which would tell of acknowledged records that are missing at the
end, and without the home of a transaction that is open at the end: rows of that one are left out.
"""
import json
import os
import struct
import sys

TABLE = []
for _n in range(256):
    for _ in range(8):
        _n = _n >> 1 ^ (0x82F63B78 if _n & 1 else 0)
    TABLE.append(_n)


def crc32c(data, seed=0):
    crc = ~seed & 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 255] ^ crc >> 8
    return ~crc & 0xFFFFFFFF


def check(condition, what):
    if not condition:
        sys.exit(print(f"damaged: {what}", file=sys.stderr) or 65)


def up(number, multiple):
    return -(-number // multiple) * multiple


def unlz4(data, size):
    """One LZ4 block: tokens of literals and of matches in what was written already."""
    out, at = bytearray(), 0

    def length(nibble):
        nonlocal at
        if nibble == 15:
            while True:
                at += 1
                nibble += data[at - 1]
                if data[at - 1] != 255:
                    break
        return nibble

    while at < len(data):
        token = data[at]
        at += 1
        count = length(token >> 4)
        out += data[at:at + count]
        at += count
        if at < len(data):
            distance = data[at] | data[at + 1] << 8
            at += 2
            for _ in range(length(token & 15) + 4):
                out.append(out[-distance])
    check(len(out) == size, "a section does not decompress to its size")
    return bytes(out)


def segments(folder):
    """The segments that count, in order: (base, epoch, file name). A compacted one stands for those that it was made of."""
    found = []
    for name in os.listdir(folder):
        if name.endswith(".segment") and not name.startswith("."):
            parts = [int(part) for part in name[:-len(".segment")].split("-")]
            found.append((parts[0], parts[1], parts[2] if len(parts) > 2 else None, name))
    merged = [s for s in found if s[2] is not None]

    def replaced(segment):
        return any(m is not segment and m[0] <= segment[0] < m[2] and (segment[2] is None or m[1:3] > segment[1:3]) for m in merged)

    return sorted(s for s in found if not replaced(s))


def first_offset(folder):
    """The offset below which everything was given up."""
    if not os.path.exists(f"{folder}/start"):
        return 0
    with open(f"{folder}/start", "rb") as file:
        magic, crc, first = struct.unpack("<IIQ", file.read())
    check(magic == 0x54525453 and crc == crc32c(struct.pack("<Q", first)), f"{folder}/start")
    return first


def batches(path, expected, limit):
    """Yields (header fields, prefix, payloads) of the batches of a segment up to the offset `limit`."""
    with open(path, "rb") as file:
        data = file.read()
    check(data[:8] == b"PNSTKSEG" and crc32c(data[:56]) == struct.unpack_from("<I", data, 56)[0], f"first block of {path}")
    version, _, generation, base, epoch, _, flags = struct.unpack_from("<IIQQIII", data, 8)
    check(version == 1 and (base == expected or flags & 1), f"{path} begins at {base}, not at {expected}")
    magic, crc, sealed, next_offset, end = struct.unpack_from("<IIQQQ", data, 2048)
    is_sealed = magic == 0x4C414553 and crc == crc32c(data[2056:2088]) and sealed == generation
    at, offset, seed = 4096, base, crc32c(struct.pack("<Q", generation))
    while at + 128 <= len(data) and offset < limit and not (is_sealed and at >= end):
        if at % 4096 and not flags & 1 and not any(data[at:up(at, 4096)]):
            at = up(at, 4096)
            continue
        header = data[at:at + 128]
        (magic, crc, first, its, _, _, _, _, _, count, raw, stored, body_crc, its_epoch, _, _, kind, codec, _, columns) = (
            struct.unpack_from("<IIQQqqqQQIIIIIIIHBBH", header))
        intact = (magic == 0x54425350 and header[95] == 1 and crc == crc32c(header[8:], seed) and its == generation and its_epoch >= epoch
                  and (first == offset or flags & 1 and first > offset) and at + 128 + stored <= len(data))
        body = data[at + 128:at + 128 + stored]
        if not intact or crc32c(body) != body_crc:
            check(not is_sealed, f"{path} at byte {at}")
            break
        prefix_stored, prefix_crc, prefix_raw = struct.unpack_from("<III", header, 112)
        check(prefix_crc == crc32c(body[:prefix_stored]), f"prefix in {path} at byte {at}")
        sections = []
        for part, size in ((body[:prefix_stored], prefix_raw), (body[prefix_stored:], raw - prefix_raw)):
            sections.append(part if len(part) == size else unlz4(part, size))
        check(codec in (0, 1), f"codec {codec} in {path} at byte {at}")
        yield (first, count, kind, columns), *sections
        offset, at = first + count, up(at + 128 + stored, 64)
    check(not is_sealed or offset == next_offset or flags & 1, f"{path} ends at {offset}, its seal says {next_offset}")


def records(first, count, columns, prefix, payloads):
    at = 0

    def column(bit, code, size, n):
        nonlocal at
        if not columns >> bit & 1:
            return None
        at += size * n
        return struct.unpack_from(f"<{n}{code}", prefix, at - size * n)

    times, hashes = column(0, "q", 8, count), column(1, "Q", 8, count)
    stride, lengths = column(2, "I", 4, 1), column(3, "I", 4, count)
    sizes, codecs = column(4, "I", 4, count), column(5, "B", 1, count)
    if columns >> 6 & 1:
        at = up(at, 4)
        sums = column(6, "I", 4, -(-len(payloads) // 65536))
        for number, crc in enumerate(sums):
            check(crc == crc32c(payloads[number << 16:(number + 1) << 16]), f"block {number} of the batch at offset {first}")
    at, end = up(at, 64), 0
    for k in range(count):
        length = (lengths or stride * count)[k]
        size = sizes[k] if sizes else 0
        start = up(end, 64 if size >= 1024 else 16)
        end = start + size
        yield {"offset": first + k, "time": times[k], "key_hash": hashes[k] if hashes else None,
               "attributes": prefix[at:at + length].hex(), "payload": payloads[start:end].hex(),
               "payload_codec": codecs[k] if codecs else 0}
        at += length


def main(log, topic, partition="0"):
    check(open(f"{log}/penstock-log").read() == "penstock-log 1\n", "this is no log of version 1")
    description = open(f"{log}/{topic}/topic", "rb").read()
    text, last = description.rsplit(b"crc32c: ", 1)
    check(int(last, 16) == crc32c(text), "the topic's description")
    folder = f"{log}/{topic}/{partition}"
    files, start = segments(folder), first_offset(folder)
    expected, held = files[0][0] if files else 0, []
    for number, (base, _, _, name) in enumerate(files):
        limit = files[number + 1][0] if number + 1 < len(files) else 1 << 64
        for (first, count, kind, columns), prefix, payloads in batches(f"{folder}/{name}", expected, limit):
            if not kind & 1:
                found = records(first, count, columns, prefix, payloads)
            elif prefix[0] in (5, 6, 7, 8):  # the log's own: producers and transactions
                found, held = held if kind & 4 else [], []
            else:
                found = [{"offset": first, "control": prefix.hex()}]
            if kind & 2 and not kind & 12:  # a row of a transaction: its end says whether it counts
                held += found
                found = []
            for record in found:
                if record["offset"] >= start:
                    print(json.dumps(record))
            expected = first + count
        expected = max(expected, limit if limit < 1 << 64 else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
