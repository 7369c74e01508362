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
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from core.errors import BadInputError, LabError

Piece = dict[str, Any]

_LOOK_S = 0.05  # how often Stop is looked at
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
        once = {"prompt": [0], "n_predict": 1}
        self.answer(once, receive=lambda _: None, cancelled=lambda: False)

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

    def answer(
        self,
        request: Piece,
        receive: Callable[[Piece], None],
        *,
        cancelled: Callable[[], bool],
        done: Callable[[], None] = lambda: None,
    ) -> None:
        """Hand each piece of the answer to `receive`, until it ends or `cancelled()`.

        llama.cpp notices a stop only between two batches. So it computes in a thread of its own,
        which calls `done` when it no longer does; whoever stops need not wait for that. `receive`
        is called in that thread, which is cheaper than a queue, and never after this returned.

        Raises:
            BadInputError: the prompt is too long for the model.
            LabError: llama.cpp gave up on this request.
        """
        answer = _Answer(receive, cancelled)
        # The thread holds no `self`: a dropped model must not live on in it.
        work = partial(_work, self._server, {**request, "stream": True}, answer, done)
        threading.Thread(target=work, name="llama.cpp", daemon=True).start()
        while not answer.ended.wait(_LOOK_S) and not cancelled():
            pass
        answer.close()
        if answer.error is not None:
            raise answer.error


class _Answer:
    """Pieces on their way from llama.cpp to whoever asked, until that one closes it."""

    def __init__(self, receive: Callable[[Piece], None], cancelled: Callable[[], bool]) -> None:
        self.ended = threading.Event()
        self.error: Exception | None = None
        self._receive = receive
        self._cancelled = cancelled
        self._open = True
        self._lock = threading.Lock()

    def put(self, piece: Piece) -> bool:
        """Hand `piece` on; tell llama.cpp whether to stop."""
        with self._lock:
            if not self._open or self._cancelled():
                return True
            try:
                if "error" in piece:
                    raise _explain(piece["error"])
                self._receive(piece)
            # llama.cpp drops what its callback raises; it is raised where it is waited for.
            except Exception as error:  # noqa: BLE001
                self.fail(error)
            return not self._open

    def fail(self, error: Exception) -> None:
        """Want no more pieces, because of `error`."""
        self.error = error
        self._open = False

    def close(self) -> None:
        """Want no more pieces; once this returned, none is being handed on."""
        with self._lock:
            self._open = False


def _work(server: Any, request: Piece, answer: _Answer, done: Callable[[], None]) -> None:
    try:
        refusal = server.handle_completions(request, answer.put)
        if refusal is not None and "error" in refusal:
            answer.put(refusal)
    # Raised where it is waited for.
    except Exception as error:  # noqa: BLE001
        answer.fail(error)
    finally:
        done()
        answer.ended.set()


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
