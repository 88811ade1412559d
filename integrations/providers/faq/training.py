"""Training in a process apart, so that no visitor waits meanwhile. As a program it learns what stdin holds.

Both ways are bytes: JSON to the process, and what numpy writes (without pickle) back.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from integrations.providers.faq.classifier import Model, train
from integrations.providers.faq.threshold import Report, report, threshold

SECONDS = 120.0
"""What a training may take: 15,000 examples need about ten on a fast machine."""
ARRAYS = ("idf", "starts", "landmarks", "values", "weights")
ROOT = Path(__file__).parents[3]
QUIET = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL")}
NICENESS = 10


class TrainingFailed(Exception):
    """The message is for staff."""


class Trained(msgspec.Struct, frozen=True, kw_only=True):
    """A model, the score that an answer needs, and what staff are told of both."""

    model: Model
    threshold: float
    report: Report


def study(examples: Sequence[str], answers: Sequence[int]) -> Trained:
    """Learn here and now; see `classifier.train`."""
    model, trial = train(examples, answers)
    needed = threshold(trial, len(examples))
    return Trained(model=model, threshold=needed, report=report(trial, needed))


async def study_apart(examples: Sequence[str], answers: Sequence[int]) -> Trained:
    """Learn in a process of its own. Raises TrainingFailed."""
    command = [sys.executable, "-m", __name__]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL, cwd=ROOT, env={**os.environ, **QUIET}
    )
    try:
        async with asyncio.timeout(SECONDS):
            learnt, _ = await process.communicate(json.dumps([list(examples), list(answers)]).encode())
    except TimeoutError:
        raise TrainingFailed(f"It took longer than {SECONDS:g} seconds.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise TrainingFailed(f"The process that learns ended with {process.returncode}. Is there enough memory?")
    return await asyncio.to_thread(unpack, learnt)


def pack(trained: Trained) -> bytes:
    told = {"vocabulary": list(trained.model.vocabulary), "threshold": trained.threshold, "report": trained.report}
    arrays = {name: getattr(trained.model, name) for name in ARRAYS}
    file = io.BytesIO()
    np.savez(file, told=np.frombuffer(msgspec.json.encode(told), np.uint8), **arrays)
    return file.getvalue()


def unpack(content: bytes) -> Trained:
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        told = msgspec.json.decode(file["told"].tobytes())
        arrays = {name: file[name] for name in ARRAYS}
    vocabulary = {feature: number for number, feature in enumerate(told["vocabulary"])}
    return Trained(
        model=Model(vocabulary=vocabulary, **arrays),
        threshold=told["threshold"],
        report=msgspec.convert(told["report"], Report),
    )


if __name__ == "__main__":
    os.nice(NICENESS)
    sys.stdout.buffer.write(pack(study(*json.load(sys.stdin.buffer))))
