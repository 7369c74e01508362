"""Takes a database away and gives it back, as it was."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.storage.address import read_address
from tests.postgresql import Cluster


@dataclass
class Outage:
    """The database at an address: a server that stops, or a file whose folder is moved away."""

    url: str
    cluster: Cluster | None
    is_on: bool = False

    def begin(self) -> None:
        """Take it away."""
        self.is_on = True
        if self.cluster is not None:
            self.cluster.stop()
            return
        folder = self._folder()
        if folder.exists():
            folder.rename(folder.with_name("away"))
        folder.write_text("a file where the folder was")

    def end(self) -> None:
        """Give it back."""
        self.is_on = False
        if self.cluster is not None:
            self.cluster.start()
            return
        folder = self._folder()
        folder.unlink()
        if (away := folder.with_name("away")).exists():
            away.rename(folder)

    def _folder(self) -> Path:
        return Path(str(read_address(self.url).database)).parent
