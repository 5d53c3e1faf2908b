"""A socket whose answer must be there by a deadline as a whole: a time-out for each byte does
nothing against a byte a second."""

import io
import socket
from collections.abc import Callable
from typing import Any


class TimedReader(io.RawIOBase):
    """What comes from the socket. `left` gives the seconds that are left, or raises OSError."""

    def __init__(self, plain: socket.socket, left: Callable[[], float]) -> None:
        self._plain, self._left = plain, left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._plain.settimeout(self._left())
        return self._plain.recv_into(buffer)
