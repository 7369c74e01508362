"""A llama.cpp in this process: one model, many requests at once, as plain pieces.

It knows nothing of tasks, contexts or queues. The package answers directly; only its tokenizer is
reached over the HTTP port that it opens on 127.0.0.1, which a random key keeps to ourselves.
"""

from __future__ import annotations

import ctypes
import http.client
import json
import secrets
import sys
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from core.errors import BadInputError, LabError

Piece = dict[str, Any]

_LOOK_S = 0.05  # how often Stop is looked at while nothing comes
_HTTP_TIMEOUT_S = 60.0


class LlamaServer:
    """Loads the file and answers `slots` requests at once, which share `kv_tokens` of context.

    Raises:
        RuntimeError: llama.cpp cannot load the file.
    """

    def __init__(
        self, file: Path, *, kv_tokens: int, slots: int, batch_tokens: int, threads: int
    ) -> None:
        from xllamacpp import CommonParams, Server, llama_load_mode

        self._key = secrets.token_hex(16)
        wanted = CommonParams()
        wanted.model.path = str(file)
        # Mapped into memory, a file that somebody cuts would take the whole process down.
        wanted.load_mode = llama_load_mode.LLAMA_LOAD_MODE_NONE
        wanted.n_gpu_layers = 0
        wanted.n_ctx = kv_tokens
        wanted.kv_unified = True
        wanted.n_parallel = slots
        wanted.n_batch = wanted.n_ubatch = batch_tokens
        for processors in (wanted.cpuparams, wanted.cpuparams_batch):
            processors.n_threads = threads
            processors.poll = 0  # waiting threads would take cores from other models
        wanted.cache_ram_mib = 0
        wanted.slot_prompt_similarity = 0.0
        wanted.api_keys = [self._key]
        wanted.n_threads_http = 2
        wanted.ui = False
        wanted.verbosity = -1
        self._server = Server(wanted)
        # One that never answered may hang when it is dropped.
        for _ in self.stream({"prompt": [0], "n_predict": 1}, cancelled=lambda: False):
            pass

    def __del__(self) -> None:
        if self.__dict__.pop("_server", None) is not None:
            _give_memory_back()

    @property
    def address(self) -> str:
        """Where its HTTP port listens, as `127.0.0.1:port`."""
        return str(self._server.listening_address).removeprefix("http://")

    def tokenize(self, text: str) -> list[int]:
        """Return the token ids of `text`, with what the model wants at the beginning."""
        body = {"content": text, "add_special": True, "parse_special": True}
        connection = http.client.HTTPConnection(self.address, timeout=_HTTP_TIMEOUT_S)
        try:
            headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
            connection.request("POST", "/tokenize", json.dumps(body), headers)
            answer = json.loads(connection.getresponse().read())
            return list(map(int, answer["tokens"]))
        except (OSError, ValueError, KeyError, http.client.HTTPException) as error:
            raise LabError(
                "llama.cpp could not read this text.", next_step="Run it again."
            ) from error
        finally:
            connection.close()

    def stream(
        self,
        request: Piece,
        *,
        cancelled: Callable[[], bool],
        done: Callable[[], None] = lambda: None,
    ) -> Generator[Piece]:
        """Yield the pieces of the answer, until it ends or `cancelled()`.

        llama.cpp notices a stop only between two batches. So it computes in a thread of its own,
        which calls `done` when it no longer does; whoever stops need not wait for that.

        Raises:
            BadInputError: the prompt is too long for the model.
            LabError: llama.cpp gave up on this request.
        """
        pieces: SimpleQueue[Any] = SimpleQueue()
        stop = threading.Event()
        # The thread holds no `self`: a dropped model must not live on in it.
        work = _worker(self._server, {**request, "stream": True}, pieces.put, stop, done)
        threading.Thread(target=work, name="llama.cpp", daemon=True).start()
        try:
            while not cancelled():
                try:
                    piece = pieces.get(timeout=_LOOK_S)
                except Empty:
                    continue
                if piece is None:
                    return
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            stop.set()


def _worker(
    server: Any,
    request: Piece,
    hand_on: Callable[[Any], None],
    stop: threading.Event,
    done: Callable[[], None],
) -> Callable[[], None]:
    def receive(piece: Piece) -> bool:
        hand_on(_explain(piece["error"]) if "error" in piece else piece)
        return stop.is_set()

    def work() -> None:
        try:
            result = server.handle_completions(request, receive)
            if result is not None and "error" in result:
                receive(result)
        # Raised where it is waited for.
        except Exception as error:  # noqa: BLE001
            hand_on(error)
        finally:
            done()
            hand_on(None)

    return work


def _explain(error: Piece) -> LabError:
    if error.get("type") == "exceed_context_size_error":
        return BadInputError(
            "This text is longer than the model's context.", next_step="Shorten it."
        )
    return LabError(
        f"llama.cpp gave up on this request: {str(error.get('message'))[:200]}",
        next_step="Run it again, or choose another engine.",
    )


def _give_memory_back() -> None:
    """Return freed memory to the system: the C library keeps some 60 MB of it (measured)."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
